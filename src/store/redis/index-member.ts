/** A document's place in an index: members of one sorted set, ordered as bytes. */
export interface IndexPlace {
  readonly sort: string;
  readonly key: string;
}

const separator = '\0';

/** What all members of one index with one value begin with. */
export function memberPrefix(collection: string, index: string, equals: string): string {
  return [collection, index, equals].map(escapeText).join(separator) + separator;
}

/** The member behind that prefix. */
export function formatMember(prefix: string, { sort, key }: IndexPlace): string {
  return `${prefix}${escapeText(sort)}${separator}${escapeText(key)}`;
}

/** Reads back what `formatMember` wrote. */
export function parseMember(prefix: string, member: string): IndexPlace {
  const [sort = '', key = ''] = member.slice(prefix.length).split(separator);
  return { sort: unescapeText(sort), key: unescapeText(key) };
}

/** The least text that no member of the prefix reaches. */
export function memberEnd(prefix: string): string {
  return `${prefix.slice(0, -1)}\u0001`;
}

/** The least text of members that are ordered at `sort` or behind. */
export function memberFrom(prefix: string, sort: string): string {
  return prefix + escapeText(sort);
}

/** Order of texts as Redis has it: that of their UTF-8, which is that of their code points. */
export function compareText(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const [a, b] = [left.charCodeAt(at), right.charCodeAt(at)];
    if (a !== b) return rank(a) - rank(b);
  }
  return left.length - right.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  if (unit >= 0xe000) return unit - 0x800;
  return unit >= 0xd800 ? unit + 0x2000 : unit;
}

/** The separator is the least character there is; what could be taken for it goes, and the order stays. */
function escapeText(text: string): string {
  if (!text.includes('\0') && !text.includes('\u0001')) return text;
  return text.replaceAll('\u0001', '\u0001\u0003').replaceAll('\0', '\u0001\u0002');
}

function unescapeText(text: string): string {
  return text.replaceAll('\u0001\u0002', '\0').replaceAll('\u0001\u0003', '\u0001');
}
