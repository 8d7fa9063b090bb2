import type { JsonObject } from '../../base/index.ts';
import type { AvroType, RecordType } from './avro-type.ts';
import { parseSchema } from './parse-schema.ts';

type Definitions = Map<string, JsonObject>;

/**
 * The JSON Schema (2020-12) of the JSON values that an Avro schema takes: a field with a default may be missing, one that the
 * schema does not know is allowed. A union's value stands for itself, bytes and fixed are texts. SCHEMA_INVALID.
 */
export function toJsonSchema(text: string): JsonObject {
  const definitions: Definitions = new Map();
  const schema = convert(parseSchema(text), definitions);
  return definitions.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(definitions) };
}

function convert(type: AvroType, definitions: Definitions): JsonObject {
  switch (type.kind) {
    case 'null':
    case 'boolean':
    case 'string':
      return { type: type.kind };
    case 'int':
      return { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
    case 'long':
      return { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER };
    case 'float':
    case 'double':
      return { type: 'number' };
    case 'bytes':
      return { type: 'string' };
    case 'fixed':
      return { type: 'string', minLength: type.size, maxLength: type.size };
    case 'enum':
      return { enum: type.symbols };
    case 'array':
      return { type: 'array', items: convert(type.items, definitions) };
    case 'map':
      return { type: 'object', additionalProperties: convert(type.values, definitions) };
    case 'union':
      return { anyOf: type.branches.map((branch) => convert(branch, definitions)) };
    case 'record':
      return refer(type, definitions);
  }
}

/** A record stands once among the definitions, so that it may contain itself. */
function refer(type: RecordType, definitions: Definitions): JsonObject {
  if (!definitions.has(type.name)) {
    definitions.set(type.name, {});
    definitions.set(type.name, describeRecord(type, definitions));
  }
  return { $ref: `#/$defs/${type.name}` };
}

function describeRecord({ fields }: RecordType, definitions: Definitions): JsonObject {
  const properties = Object.fromEntries(fields.map(({ name, type }) => [name, convert(type, definitions)]));
  const required = fields.filter((field) => field.default === undefined).map(({ name }) => name);
  return { type: 'object', properties, ...(required.length > 0 && { required }) };
}
