import { type CanonicalSchema, canonicalize } from './canonical-schema.ts';
import type { CompatibilityLevel } from './compatibility.ts';
import type { RegistryMode, RegistryRecord, SchemaRecord } from './registry-record.ts';

/** One version of a subject. */
export interface VersionEntry extends CanonicalSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  /** Softly: it may still be read by who asks for deleted ones. */
  readonly deleted: boolean;
}

/** What a registry holds: a fold over its records. Only `applyRecord` changes it. */
export interface RegistryState {
  /** Versions in their order, those deleted softly among them. */
  readonly subjects: ReadonlyMap<string, readonly VersionEntry[]>;
  /** Of every version that is not gone for good. */
  readonly byId: ReadonlyMap<number, CanonicalSchema>;
  readonly idOf: ReadonlyMap<string, number>;
  readonly levels: ReadonlyMap<string | null, CompatibilityLevel>;
  readonly modes: ReadonlyMap<string | null, RegistryMode>;
  readonly lastId: number;
}

interface MutableState extends RegistryState {
  readonly subjects: Map<string, readonly VersionEntry[]>;
  readonly byId: Map<number, CanonicalSchema>;
  readonly idOf: Map<string, number>;
  readonly levels: Map<string | null, CompatibilityLevel>;
  readonly modes: Map<string | null, RegistryMode>;
  lastId: number;
}

/** A registry with nothing in it. */
export function createRegistryState(): RegistryState {
  const state: MutableState = {
    ...{ subjects: new Map(), byId: new Map(), idOf: new Map(), levels: new Map(), modes: new Map() },
    lastId: 0,
  };
  return state;
}

/** Takes a record in. */
export function applyRecord(state: RegistryState, record: RegistryRecord): void {
  const mutable = state as MutableState;
  const { subject } = record.key;
  switch (record.key.keytype) {
    case 'SCHEMA':
      applySchema(mutable, record as SchemaRecord);
      break;
    case 'CONFIG': {
      const level =
        record.value !== null && 'compatibilityLevel' in record.value ? record.value.compatibilityLevel : null;
      putOrRemove(mutable.levels, subject, level);
      break;
    }
    case 'MODE':
      putOrRemove(mutable.modes, subject, record.value !== null && 'mode' in record.value ? record.value.mode : null);
  }
}

function putOrRemove<Value>(map: Map<string | null, Value>, key: string | null, value: Value | null): void {
  if (value === null) map.delete(key);
  else map.set(key, value);
}

function applySchema(state: MutableState, { key, value }: SchemaRecord): void {
  const others = (state.subjects.get(key.subject) ?? []).filter(({ version }) => version !== key.version);
  if (value === null) {
    const gone = state.subjects.get(key.subject)?.find(({ version }) => version === key.version);
    if (others.length === 0) state.subjects.delete(key.subject);
    else state.subjects.set(key.subject, others);
    if (gone !== undefined) forgetId(state, gone);
    return;
  }
  const known = state.byId.get(value.id) ?? canonicalize(value.schema);
  const { subject, version, id, deleted } = value;
  const entry: VersionEntry = { ...known, subject, version, id, deleted };
  state.subjects.set(
    subject,
    [...others, entry].sort((a, b) => a.version - b.version),
  );
  state.byId.set(id, known);
  state.idOf.set(known.canonical, id);
  state.lastId = Math.max(state.lastId, id);
}

/** An id whose last version is gone leads nowhere, and is not given out again. */
function forgetId(state: MutableState, { id, canonical }: VersionEntry): void {
  for (const entries of state.subjects.values()) if (entries.some((entry) => entry.id === id)) return;
  state.byId.delete(id);
  state.idOf.delete(canonical);
}
