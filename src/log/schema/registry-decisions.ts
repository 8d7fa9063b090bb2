import type { CompatibilityLevel, Violation } from './compatibility.ts';
import { registryError } from './registry-error.ts';
import { findSchema, judge, modeOf, readSchema, versionOf, versionsOf } from './registry-queries.ts';
import { type RegistryMode, type RegistryRecord, schemaRecord, schemaTombstone } from './registry-record.ts';
import type { RegistryState, VersionEntry } from './registry-state.ts';

/** What a command comes to: records to be kept, and the answer. Nothing has changed yet. */
export interface Decision<Answer> {
  readonly records: readonly RegistryRecord[];
  readonly answer: Answer;
}

/** A subject's name becomes a part of keys, paths and messages. */
const maxSubjectLength = 255;
const maxVersions = 1_000;
const maxSubjects = 10_000;

/** Gives a schema its version. 42201, 42205, 409. What the subject has already gets its id again. */
export function decideRegister(
  state: RegistryState,
  { subject, schema }: { readonly subject: string; readonly schema: string },
): Decision<VersionEntry> {
  const known = findSchema(state, { subject, schema });
  if (known !== undefined) return { records: [], answer: known };
  requireWritable(state, subject);
  requireRoom(state, subject);
  const violations = judge(state, { subject, schema });
  if (violations.length > 0) throw incompatible(subject, violations);
  const read = readSchema(schema);
  const version = (state.subjects.get(subject)?.at(-1)?.version ?? 0) + 1;
  const id = state.idOf.get(read.canonical) ?? state.lastId + 1;
  const entry: VersionEntry = { ...read, subject, version, id, deleted: false };
  return { records: [schemaRecord(toValue(entry))], answer: entry };
}

/** Deletes a subject: softly, or for good what was deleted softly before. 40401, 40404, 40405, 42205. */
export function decideDeleteSubject(
  state: RegistryState,
  { subject, permanent }: { readonly subject: string; readonly permanent: boolean },
): Decision<readonly number[]> {
  requireWritable(state, subject);
  const all = versionsOf(state, subject, true);
  const alive = all.filter(({ deleted }) => !deleted);
  if (permanent && alive.length > 0)
    throw registryError(40405, `Subject '${subject}' was not deleted first before being permanently deleted`);
  if (!permanent && alive.length === 0)
    throw registryError(40404, `Subject '${subject}' was soft deleted.Set permanent=true to delete permanently`);
  const gone = permanent ? all : alive;
  const records = gone.map((entry) => (permanent ? schemaTombstone(subject, entry.version) : softly(entry)));
  return { records, answer: gone.map(({ version }) => version) };
}

/** Deletes one version, as a subject is deleted. 40401, 40402, 40406, 40407, 42205. */
export function decideDeleteVersion(
  state: RegistryState,
  {
    subject,
    version,
    permanent,
  }: { readonly subject: string; readonly version: number | 'latest'; readonly permanent: boolean },
): Decision<number> {
  requireWritable(state, subject);
  const entry = versionOf(state, subject, { version, withDeleted: true });
  const name = `Subject '${subject}' Version ${entry.version}`;
  if (permanent && !entry.deleted)
    throw registryError(40407, `${name} was not deleted first before being permanently deleted`);
  if (!permanent && entry.deleted)
    throw registryError(40406, `${name} was soft deleted.Set permanent=true to delete permanently`);
  const record = permanent ? schemaTombstone(subject, entry.version) : softly(entry);
  return { records: [record], answer: entry.version };
}

/** Sets the level of a subject or, with null, of the registry; a level of null takes the subject's own away. */
export function decideLevel(
  state: RegistryState,
  { subject, level }: { readonly subject: string | null; readonly level: CompatibilityLevel | null },
): Decision<undefined> {
  if (subject !== null) requireName(subject);
  requireWritable(state, subject);
  const value = level === null ? null : { compatibilityLevel: level };
  return { records: [{ key: { keytype: 'CONFIG', subject, magic: 0 }, value }], answer: undefined };
}

/** Sets the mode, as a level is set. */
export function decideMode(subject: string | null, mode: RegistryMode | null): Decision<undefined> {
  if (subject !== null) requireName(subject);
  const value = mode === null ? null : { mode };
  return { records: [{ key: { keytype: 'MODE', subject, magic: 0 }, value }], answer: undefined };
}

function toValue({ subject, version, id, schema, deleted }: VersionEntry): Parameters<typeof schemaRecord>[0] {
  return { subject, version, id, schema, deleted };
}

function softly(entry: VersionEntry): RegistryRecord {
  return schemaRecord({ ...toValue(entry), deleted: true });
}

function requireWritable(state: RegistryState, subject: string | null): void {
  const mode = modeOf(state, subject);
  if (mode === 'READWRITE') return;
  throw registryError(42205, `Subject ${subject ?? 'null'} is in read-only mode`);
}

function requireName(subject: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (subject !== '' && subject.length <= maxSubjectLength && !/[\u0000-\u001f]/.test(subject)) return;
  throw registryError(422, `A subject's name has 1 to ${maxSubjectLength} characters, and no control characters.`);
}

function requireRoom({ subjects }: RegistryState, subject: string): void {
  requireName(subject);
  const versions = subjects.get(subject);
  if (versions === undefined && subjects.size >= maxSubjects)
    throw registryError(42205, `There are ${maxSubjects} subjects already; delete some permanently.`);
  if (versions !== undefined && versions.length >= maxVersions)
    throw registryError(42205, `Subject '${subject}' has ${maxVersions} versions already; delete some permanently.`);
}

function incompatible(subject: string, violations: readonly Violation[]): Error {
  const shown = violations.slice(0, 5).map(({ message }) => message);
  const message = `Schema being registered is incompatible with an earlier schema for subject "${subject}". ${shown.join(' ')}`;
  return registryError(409, message, { violations });
}
