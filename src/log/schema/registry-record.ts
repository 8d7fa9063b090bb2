import type { CompatibilityLevel } from './compatibility.ts';

/** What a registry allows: `READWRITE`, or only to read. `IMPORT` as Confluent has it is not offered. */
export type RegistryMode = 'READWRITE' | 'READONLY' | 'READONLY_OVERRIDE';

/**
 * One change of a registry, with the keys and values of Confluent's own `_schemas` topic: later records with a key replace
 * earlier ones, and a value of null removes what the key had.
 */
export type RegistryRecord = SchemaRecord | ConfigRecord | ModeRecord;

export interface SchemaRecord {
  readonly key: {
    readonly keytype: 'SCHEMA';
    readonly subject: string;
    readonly version: number;
    readonly magic: 1;
  };
  readonly value: {
    readonly subject: string;
    readonly version: number;
    readonly id: number;
    readonly schema: string;
    readonly deleted: boolean;
  } | null;
}

/** `subject` null: of the registry as a whole. */
export interface ConfigRecord {
  readonly key: { readonly keytype: 'CONFIG'; readonly subject: string | null; readonly magic: 0 };
  readonly value: { readonly compatibilityLevel: CompatibilityLevel } | null;
}

export interface ModeRecord {
  readonly key: { readonly keytype: 'MODE'; readonly subject: string | null; readonly magic: 0 };
  readonly value: { readonly mode: RegistryMode } | null;
}

/** The record of a version as it is from now on. */
export function schemaRecord(value: NonNullable<SchemaRecord['value']>): SchemaRecord {
  return { key: keyOf(value.subject, value.version), value };
}

/** The record that a version is gone for good. */
export function schemaTombstone(subject: string, version: number): SchemaRecord {
  return { key: keyOf(subject, version), value: null };
}

function keyOf(subject: string, version: number): SchemaRecord['key'] {
  return { keytype: 'SCHEMA', subject, version, magic: 1 };
}
