import { isObject } from '../../base/index.ts';
import type { AvroType } from './avro-type.ts';
import { parseSchema } from './parse-schema.ts';

/** A schema as a registry keeps it. */
export interface CanonicalSchema {
  /** JSON text without needless space. */
  readonly schema: string;
  /** The same for schemas that differ in nothing but space and the order of keys. */
  readonly canonical: string;
  readonly type: AvroType;
}

/** Reads a schema's text. SCHEMA_INVALID. */
export function canonicalize(text: string): CanonicalSchema {
  const type = parseSchema(text);
  const value = toJson(text);
  return { schema: JSON.stringify(value), canonical: JSON.stringify(sortKeys(value)), type };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  // A type that is written as a map of nothing but its name is that name.
  if (keys.length === 1 && typeof value['type'] === 'string') return value['type'];
  return Object.fromEntries(keys.sort().map((key) => [key, sortKeys(value[key])]));
}
