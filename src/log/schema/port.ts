import type { CompatibilityLevel } from './compatibility.ts';

/**
 * A schema registry: subjects with numbered versions, each of them a schema with an id that is unique in the registry. What
 * every adapter guarantees:
 *
 * - A schema that was accepted never changes, nor does its id: both may be kept for ever.
 * - A schema that breaks the subject's compatibility is not registered: SCHEMA_INCOMPATIBLE.
 * - Registering a schema that the subject has already gives its id, and changes nothing.
 * - Errors: NOT_FOUND (subject, version, id), SCHEMA_INVALID, SCHEMA_INCOMPATIBLE, PERMISSION_DENIED, UNAUTHENTICATED, UNREACHABLE,
 *   UNAVAILABLE, DEADLINE_EXCEEDED, INVALID_AGENT_RESPONSE (what answers is no registry), and the store's own of an embedded one.
 * - Who opened it closes it.
 */
export interface SchemaRegistry {
  /** The id that the schema has then. */
  register(subject: string, schema: string): Promise<number>;
  getById(id: number): Promise<string>;
  getVersion(subject: string, version: number | 'latest'): Promise<RegisteredSchema>;
  /** The version of the subject that is this schema; undefined when none is. */
  lookup(subject: string, schema: string): Promise<RegisteredSchema | undefined>;
  /** In their order, without those that were deleted. */
  listVersions(subject: string): Promise<readonly number[]>;
  listSubjects(): Promise<readonly string[]>;
  /** Whether the schema might be registered; a subject that does not exist takes every one. */
  check(subject: string, schema: string): Promise<CompatibilityAnswer>;
  /** Of the subject, or the registry's own where the subject says nothing, or none is named. */
  getCompatibility(subject?: string): Promise<CompatibilityLevel>;
  setCompatibility(level: CompatibilityLevel, subject?: string): Promise<void>;
  close(): Promise<void>;
}

export interface RegisteredSchema {
  readonly subject: string;
  readonly version: number;
  readonly id: number;
  /** JSON text. */
  readonly schema: string;
}

export interface CompatibilityAnswer {
  readonly compatible: boolean;
  /** What is wrong, for people; may be empty although something is. */
  readonly messages: readonly string[];
}

/**
 * Where an embedded registry keeps its records: a list that only grows. One entity with one owner of each place in it, so that
 * two nodes never give out one id.
 */
export interface SchemaStorage {
  /** The records behind position `after` (0: from the beginning), oldest first. */
  read(after: number): Promise<readonly string[]>;
  /** VERSION_CONFLICT, and nothing written, unless `after` is the position of the newest record. */
  append(after: number, records: readonly string[]): Promise<void>;
}
