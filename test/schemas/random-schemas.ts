import type { Random } from '../fuzz/random.ts';

type Schema = string | readonly Schema[] | { readonly [name: string]: unknown };

/** What a schema is made with: names that are defined already, and how deep it may go. */
interface Place {
  readonly named: Map<string, Schema>;
  readonly depth: number;
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;
const logical: readonly Schema[] = [
  { type: 'int', logicalType: 'date' },
  { type: 'long', logicalType: 'timestamp-millis' },
  { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 },
  { type: 'string', logicalType: 'uuid' },
  { type: 'long', logicalType: 'unheard-of' },
];
const wider: Readonly<Record<string, string>> = {
  ...{ int: 'long', long: 'float', float: 'double', double: 'int' },
  ...{ string: 'bytes', bytes: 'string' },
};
const symbols = ['A', 'B', 'C', 'D'];

/** Three versions of one schema, each changed a little from the one before; valid, but by no means always compatible. */
export function createVersions(random: Random): readonly [string, string, string] {
  const first = createRecord(random, 'Top', { named: new Map(), depth: 3 });
  const second = change(random, first);
  return [JSON.stringify(first), JSON.stringify(second), JSON.stringify(rename(random, change(random, second)))];
}

function rename(random: Random, type: Schema): Schema {
  if (random.next(8) > 0) return type;
  return { ...(type as object), name: 'Renamed', ...maybe(random, { aliases: ['Top'] }) };
}

function createType(random: Random, place: Place, mayBeUnion = true): Schema {
  const inner = { ...place, depth: place.depth - 1 };
  const kind = place.depth <= 0 ? random.next(3) : random.next(mayBeUnion ? 10 : 8);
  if (kind < 2) return random.pick(primitives);
  if (kind === 2) return random.pick(logical);
  if (kind === 3) return { type: 'array', items: createType(random, inner) };
  if (kind === 4) return { type: 'map', values: createType(random, inner) };
  if (kind === 5) return createNamed(random, 'enum', place);
  if (kind === 6) return createNamed(random, 'fixed', place);
  return kind === 7 ? createNamed(random, 'record', place) : createUnion(random, inner);
}

function createNamed(random: Random, kind: 'enum' | 'fixed' | 'record', place: Place): Schema {
  const name = `${kind}${random.next(2)}`;
  if (place.named.has(name)) return name;
  if (kind === 'record') return createRecord(random, name, place);
  const namespace = random.next(3) === 0 ? { namespace: 'x.y' } : {};
  const made =
    kind === 'fixed'
      ? { type: kind, name, ...namespace, size: random.pick([2, 4]) }
      : {
          type: kind,
          name,
          ...namespace,
          symbols: symbols.slice(0, 2 + random.next(3)),
          ...maybe(random, { default: 'A' }),
        };
  // In another namespace its simple name means nothing to what comes behind.
  if (!('namespace' in made)) place.named.set(name, made);
  return made;
}

function createRecord(random: Random, name: string, place: Place): Schema {
  const fields: object[] = [];
  const made = { type: 'record', name, fields };
  place.named.set(name, made);
  for (const field of ['f', 'g', 'h'].slice(0, 1 + random.next(3))) {
    const type = createType(random, { ...place, depth: place.depth - 1 });
    fields.push({ name: field, type, ...maybe(random, defaultOf(type)) });
  }
  return made;
}

function createUnion(random: Random, place: Place): Schema {
  const branches = new Map<string, Schema>();
  for (let count = 1 + random.next(3); count > 0; count--) {
    const branch = createType(random, place, false);
    if (!branches.has(nameOf(branch))) branches.set(nameOf(branch), branch);
  }
  return [...branches.values()];
}

function nameOf(type: Schema): string {
  if (typeof type === 'string') return type;
  return 'name' in type ? String(type['name']) : String((type as { type?: unknown }).type);
}

function maybe<T extends object>(random: Random, value: T | undefined): T | object {
  return value !== undefined && random.next(2) === 0 ? value : {};
}

/** Of each kind one; none for what would take more than a word to say. */
function defaultOf(type: Schema): { readonly default: unknown } | undefined {
  if (Array.isArray(type)) return defaultOf(type[0] as Schema);
  const known: Readonly<Record<string, unknown>> = {
    ...{ null: null, boolean: true, int: -7, long: 2 ** 40, float: 1.5, double: 1e300, bytes: '\u00ff', string: 'é' },
    ...{ array: [], map: {}, enum: 'A' },
  };
  const kind = typeof type === 'string' ? type : (type as { type: string }).type;
  return kind in known ? { default: known[kind] } : undefined;
}

function change(random: Random, type: Schema): Schema {
  if (typeof type === 'string') return random.next(6) === 0 ? (wider[type] ?? type) : type;
  if (Array.isArray(type)) return changeUnion(random, type as readonly Schema[]);
  const { ...made } = type as Record<string, unknown>;
  if (made['type'] === 'record') return { ...made, fields: changeFields(random, made['fields'] as readonly object[]) };
  if (made['type'] === 'fixed' && random.next(5) === 0) return { ...made, size: 8 };
  if (made['type'] === 'enum' && random.next(3) === 0) return { ...made, symbols: changeSymbols(random, made) };
  if (made['type'] === 'array') return { ...made, items: change(random, made['items'] as Schema) };
  if (made['type'] === 'map') return { ...made, values: change(random, made['values'] as Schema) };
  return made;
}

/** The first branch stays what it is: a default may be of it. */
function changeUnion(random: Random, [first = 'null', ...rest]: readonly Schema[]): Schema {
  const changed = random.next(4) === 0 && typeof rest[0] === 'string' ? rest.slice(1) : rest;
  const names = [first, ...changed].map(nameOf);
  const added = random.pick(['string', 'double', 'boolean']);
  return [first, ...changed, ...(random.next(4) === 0 && !names.includes(added) ? [added] : [])];
}

function changeSymbols(random: Random, { symbols: before }: Readonly<Record<string, unknown>>): readonly string[] {
  const [first = 'A', ...rest] = before as readonly string[];
  return random.next(2) === 0 ? [first] : [...new Set([first, ...rest, random.pick(symbols)])];
}

function changeFields(random: Random, before: readonly object[]): readonly object[] {
  const changed = before.map((given) => {
    const field = given as { name: string; type: Schema; default?: unknown };
    if (random.next(8) === 0) return { ...field, name: `${field.name}2`, ...maybe(random, { aliases: [field.name] }) };
    // What has a default keeps its type, for which the default is.
    return field.default === undefined ? { ...field, type: change(random, field.type) } : field;
  });
  const kept = random.next(5) === 0 && definesNothing(changed.at(-1)) ? changed.slice(0, -1) : changed;
  const number = random.next(1_000);
  return random.next(4) === 0
    ? [...kept, { name: `n${number}`, type: 'int', ...maybe(random, { default: number }) }]
    : kept;
}

/** Others may refer to what it defines. */
function definesNothing(field: object | undefined): boolean {
  return !JSON.stringify(field ?? {}).includes('"name":"', 10);
}
