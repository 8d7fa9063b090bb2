import {
  type AvroType,
  type EnumType,
  type FixedType,
  nameOfType,
  type PrimitiveName,
  type RecordField,
  type RecordType,
} from './avro-type.ts';

/** The kinds that Confluent's registry knows, with its words. */
export type MismatchKind =
  | 'NAME_MISMATCH'
  | 'FIXED_SIZE_MISMATCH'
  | 'MISSING_ENUM_SYMBOLS'
  | 'READER_FIELD_MISSING_DEFAULT_VALUE'
  | 'TYPE_MISMATCH'
  | 'MISSING_UNION_BRANCH';

/** Why a reader cannot read what a writer wrote. */
export interface Mismatch {
  readonly kind: MismatchKind;
  /** Field names from the outside in, such as `address.street`; '' for the schema as a whole. `[]`: in a list or map. */
  readonly field: string;
  /** What is wrong, as half a sentence. */
  readonly why: string;
}

/** What each primitive type may be read as, beside itself. */
const promotions: Readonly<Partial<Record<PrimitiveName, readonly AvroType['kind'][]>>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

/** Over so many there is no use in more. */
const maxMismatches = 50;

/** Pairs that are being looked at, or were: types may contain themselves. */
type Seen = Map<AvroType, Map<AvroType, readonly Mismatch[]>>;

interface Pair<R extends AvroType = AvroType, W extends AvroType = AvroType> {
  readonly reader: R;
  readonly writer: W;
  readonly field: string;
  readonly seen: Seen;
}

/**
 * What keeps data of the writer's schema from being read with the reader's, by the Avro specification's "Schema Resolution";
 * none when all of it can be read. Names of records, enums and fixed are compared without their namespace, as the
 * specification has it; a name that differs is fine when the reader has it as an alias.
 */
export function findMismatches(reader: AvroType, writer: AvroType): readonly Mismatch[] {
  const found = new Map<string, Mismatch>();
  for (const mismatch of compare({ reader, writer, field: '', seen: new Map() }))
    found.set(`${mismatch.field} ${mismatch.kind}`, mismatch);
  return [...found.values()].slice(0, maxMismatches);
}

function compare(pair: Pair): readonly Mismatch[] {
  const { reader, writer, seen } = pair;
  const known = seen.get(reader) ?? new Map<AvroType, readonly Mismatch[]>();
  seen.set(reader, known);
  const earlier = known.get(writer);
  if (earlier !== undefined) return earlier;
  known.set(writer, []);
  const found = compareTypes(pair);
  known.set(writer, found);
  return found;
}

function compareTypes(pair: Pair): readonly Mismatch[] {
  const { reader, writer } = pair;
  if (writer.kind === 'union') return writer.branches.flatMap((branch) => compareBranch(pair, branch));
  if (reader.kind === 'union') return compareToUnion(pair, reader.branches);
  if (reader.kind === 'record' && writer.kind === 'record') return compareRecords({ ...pair, reader, writer });
  if (reader.kind === 'enum' && writer.kind === 'enum') return compareEnums({ ...pair, reader, writer });
  if (reader.kind === 'fixed' && writer.kind === 'fixed') return compareFixed({ ...pair, reader, writer });
  if (reader.kind === 'array' && writer.kind === 'array')
    return compare({ ...pair, reader: reader.items, writer: writer.items, field: `${pair.field}[]` });
  if (reader.kind === 'map' && writer.kind === 'map')
    return compare({ ...pair, reader: reader.values, writer: writer.values, field: `${pair.field}[]` });
  if (reader.kind === writer.kind || isPromoted(reader, writer)) return [];
  return [mismatch(pair, 'TYPE_MISMATCH', `was written as ${nameOfType(writer)} and is read as ${nameOfType(reader)}`)];
}

function isPromoted(reader: AvroType, writer: AvroType): boolean {
  return promotions[writer.kind as PrimitiveName]?.includes(reader.kind) ?? false;
}

/** Each branch that may have been written must be readable. */
function compareBranch(pair: Pair, writer: AvroType): readonly Mismatch[] {
  const { reader } = pair;
  const found = compare({ ...pair, writer });
  if (found.length === 0 || reader.kind !== 'union' || writer.kind === 'record') return found;
  return [mismatch(pair, 'MISSING_UNION_BRANCH', `may have been written as ${nameOfType(writer)}, which is not read`)];
}

function compareToUnion(pair: Pair, branches: readonly AvroType[]): readonly Mismatch[] {
  const { writer } = pair;
  const tries = branches.map((reader) => compare({ ...pair, reader }));
  if (tries.some((found) => found.length === 0)) return [];
  // The branch of the same name is what was meant: what is wrong in it says more than that no branch fits.
  const meant = branches.findIndex(
    (branch) => branch.kind === writer.kind && nameOfType(branch) === nameOfType(writer),
  );
  const found = tries[meant];
  if (writer.kind === 'record' && found !== undefined) return found;
  return [mismatch(pair, 'MISSING_UNION_BRANCH', `was written as ${nameOfType(writer)}, which is not read`)];
}

type Named = RecordType | EnumType | FixedType;

function compareNames(pair: Pair<Named, Named>): readonly Mismatch[] {
  const { reader, writer } = pair;
  const sameName = lastName(reader.name) === lastName(writer.name) || reader.aliases.includes(writer.name);
  if (sameName) return [];
  const why = `was written as ${writer.name} and is read as ${reader.name}, which has no such alias`;
  return [mismatch(pair, 'NAME_MISMATCH', why)];
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function compareRecords(pair: Pair<RecordType, RecordType>): readonly Mismatch[] {
  const { reader, writer, field: outer } = pair;
  const inFields = reader.fields.flatMap((field) => {
    const path = outer === '' ? field.name : `${outer}.${field.name}`;
    const written = findWritten(field, writer);
    if (written !== undefined) return compare({ ...pair, reader: field.type, writer: written.type, field: path });
    if (field.default !== undefined) return [];
    return [mismatch({ field: path }, 'READER_FIELD_MISSING_DEFAULT_VALUE', 'is not written, and has no default')];
  });
  return [...compareNames(pair), ...inFields];
}

function findWritten({ name, aliases }: RecordField, { fields }: RecordType): RecordField | undefined {
  return fields.find((field) => field.name === name) ?? fields.find((field) => aliases.includes(field.name));
}

function compareEnums(pair: Pair<EnumType, EnumType>): readonly Mismatch[] {
  const { reader, writer } = pair;
  const missing = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol));
  const names = compareNames(pair);
  if (missing.length === 0 || reader.default !== undefined) return names;
  const why = `may have been written as ${missing.slice(0, 8).join(', ')}, which ${reader.name} does not have`;
  return [...names, mismatch(pair, 'MISSING_ENUM_SYMBOLS', why)];
}

function compareFixed(pair: Pair<FixedType, FixedType>): readonly Mismatch[] {
  const { reader, writer } = pair;
  if (reader.size === writer.size) return compareNames(pair);
  const why = `was written with ${writer.size} bytes and is read with ${reader.size}`;
  return [...compareNames(pair), mismatch(pair, 'FIXED_SIZE_MISMATCH', why)];
}

function mismatch({ field }: Pick<Pair, 'field'>, kind: MismatchKind, why: string): Mismatch {
  return { kind, field, why };
}
