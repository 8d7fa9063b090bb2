const line = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=[^\S\n]*(.*)$/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

interface Quoted {
  readonly body: string;
  /** How many further lines the value took. */
  readonly extra: number;
}

/** The text up to the closing quote, which may be on a later line; undefined when there is none. */
function takeQuoted(quote: string, first: string, later: readonly string[]): Quoted | undefined {
  let body = '';
  for (let extra = 0; extra <= later.length; extra++) {
    const text = extra === 0 ? first.slice(1) : (later[extra - 1] ?? '');
    for (let at = 0; at < text.length; at++) {
      if (text[at] === quote) return { body, extra };
      if (quote === '"' && text[at] === '\\') body += text[at++];
      body += text[at] ?? '';
    }
    body += '\n';
  }
  return undefined;
}

function readEscapes(body: string): string {
  // `\\${` is a text and no reference: the resolver reads `$${` so.
  return body.replace(/\\(\$\{|.)/gs, (_, text: string) => (text === '${' ? '$${' : (escapes[text] ?? text)));
}

function readValue(text: string, later: readonly string[]): { value: string; extra: number } {
  const quote = text[0];
  const quoted = quote === '"' || quote === "'" ? takeQuoted(quote, text, later) : undefined;
  if (quoted === undefined) return { value: text.replace(/\s+#.*$/, '').trim(), extra: 0 };
  // In single quotes nothing is a reference: `$$` is how the resolver is told.
  const value = quote === '"' ? readEscapes(quoted.body) : quoted.body.replaceAll('${', () => '$${');
  return { value, extra: quoted.extra };
}

/**
 * Reads a `.env`: `NAME=value` a line, comments, `export`, single quotes (as it stands) and double quotes (escapes, several
 * lines). References are left to `resolveEnvironment`. A line that is none of these is passed over; a later one wins.
 */
export function parseDotenv(text: string): Readonly<Record<string, string>> {
  const lines = text.split(/\r?\n/);
  const values = new Map<string, string>();
  for (let at = 0; at < lines.length; at++) {
    const [, name, raw = ''] = line.exec(lines[at] ?? '') ?? [];
    if (name === undefined) continue;
    const { value, extra } = readValue(raw, lines.slice(at + 1, at + 200));
    values.set(name, value);
    at += extra;
  }
  return Object.fromEntries(values);
}
