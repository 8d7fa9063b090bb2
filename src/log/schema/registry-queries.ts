import { canonicalize } from './canonical-schema.ts';
import { type CompatibilityLevel, findViolations, type Violation } from './compatibility.ts';
import { registryError } from './registry-error.ts';
import type { RegistryMode } from './registry-record.ts';
import type { RegistryState, VersionEntry } from './registry-state.ts';

/** What holds where nobody said anything. */
const defaultLevel: CompatibilityLevel = 'BACKWARD';

/** The level of the subject, or the registry's own. */
export function levelOf({ levels }: RegistryState, subject: string | null): CompatibilityLevel {
  return levels.get(subject) ?? levels.get(null) ?? defaultLevel;
}

/** The mode of the subject, or the registry's own. */
export function modeOf({ modes }: RegistryState, subject: string | null): RegistryMode {
  return modes.get(subject) ?? modes.get(null) ?? 'READWRITE';
}

/** The versions of a subject, those deleted softly only when asked for. 40401 when there are none. */
export function versionsOf(state: RegistryState, subject: string, withDeleted = false): readonly VersionEntry[] {
  const all = state.subjects.get(subject) ?? [];
  const found = withDeleted ? all : all.filter(({ deleted }) => !deleted);
  if (found.length > 0) return found;
  throw registryError(40401, `Subject '${subject}' not found.`);
}

/** Reads `latest`, `-1` or a number. 42202 for anything else. */
export function parseVersion(text: string): number | 'latest' {
  if (text === 'latest' || text === '-1') return 'latest';
  const version = Number(text);
  if (/^\d{1,10}$/.test(text) && version >= 1 && version < 2 ** 31) return version;
  const hint = 'Allowed values are between [1, 2^31-1] and the string "latest"';
  throw registryError(42202, `The specified version '${text.slice(0, 64)}' is not a valid version id. ${hint}`);
}

/** One version of a subject. 40401, 40402. */
export function versionOf(
  state: RegistryState,
  subject: string,
  { version, withDeleted = false }: { readonly version: number | 'latest'; readonly withDeleted?: boolean },
): VersionEntry {
  const versions = versionsOf(state, subject, withDeleted);
  const found = version === 'latest' ? versions.at(-1) : versions.find((entry) => entry.version === version);
  if (found !== undefined) return found;
  throw registryError(40402, `Version ${version} not found.`);
}

/** The newest version of the subject that is this schema; undefined when none is, or the subject does not exist. */
export function findSchema(
  state: RegistryState,
  { subject, schema, withDeleted = false }: { subject: string; schema: string; withDeleted?: boolean },
): VersionEntry | undefined {
  const { canonical } = readSchema(schema);
  const versions = state.subjects.get(subject) ?? [];
  return versions.findLast((entry) => entry.canonical === canonical && (withDeleted || !entry.deleted));
}

/** Where a schema with this id stands, by subject. 40403. */
export function versionsOfId(state: RegistryState, id: number, withDeleted = false): readonly VersionEntry[] {
  requireId(state, id);
  const all = [...state.subjects.values()].flat();
  return all.filter((entry) => entry.id === id && (withDeleted || !entry.deleted));
}

/** The schema with this id. 40403. */
export function requireId({ byId }: RegistryState, id: number): { readonly schema: string } {
  const found = byId.get(id);
  if (found !== undefined) return found;
  throw registryError(40403, `Schema ${id} not found`);
}

/** What a schema would break, beside all versions or beside one. 42201, and 40402 for a version that is not there. */
export function judge(
  state: RegistryState,
  { subject, schema, version }: { subject: string; schema: string; version?: number | 'latest' | undefined },
): readonly Violation[] {
  const { type } = readSchema(schema);
  const level = levelOf(state, subject);
  if (version === undefined) {
    const versions = state.subjects.get(subject) ?? [];
    return findViolations(
      type,
      versions.filter(({ deleted }) => !deleted),
      level,
    );
  }
  return findViolations(type, findBeside(state, subject, version), level);
}

/** The version to look beside; none where the newest of a subject without versions is meant. */
function findBeside(state: RegistryState, subject: string, version: number | 'latest'): readonly VersionEntry[] {
  const versions = (state.subjects.get(subject) ?? []).filter(({ deleted }) => !deleted);
  if (version === 'latest') return versions.slice(-1);
  const found = versions.filter((entry) => entry.version === version);
  if (found.length === 0) throw registryError(40402, `Version ${version} not found.`);
  return found;
}

/** Reads a schema that somebody sent. 42201. */
export function readSchema(schema: string): ReturnType<typeof canonicalize> {
  try {
    return canonicalize(schema);
  } catch (thrown) {
    throw registryError(42201, thrown instanceof Error ? thrown.message : String(thrown));
  }
}
