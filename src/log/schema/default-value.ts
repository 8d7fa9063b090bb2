import { isObject } from '../../base/index.ts';
import { type AvroType, nameOfType, type RecordType } from './avro-type.ts';

/** What of a field's default, as it stands in the schema's JSON, does not fit its type; undefined when it fits. */
export function findDefaultFault(type: AvroType, value: unknown): string | undefined {
  switch (type.kind) {
    case 'union':
      return findBranchFault(type.branches, value);
    case 'record':
      return findRecordFault(type, value);
    case 'array':
      if (!Array.isArray(value)) return 'it is no list';
      return firstFault(value.map((item) => findDefaultFault(type.items, item)));
    case 'map':
      if (!isObject(value)) return 'it is no map';
      return firstFault(Object.values(value).map((item) => findDefaultFault(type.values, item)));
    case 'enum':
      return type.symbols.includes(value as string) ? undefined : `it is no symbol of ${type.name}`;
    default:
      return fitsPlain(type, value) ? undefined : `it is no ${nameOfType(type)}`;
  }
}

/** The first branch gives the default: what newer versions of the specification allow beyond that, few readers know. */
function findBranchFault([first]: readonly AvroType[], value: unknown): string | undefined {
  const fault = first === undefined ? 'the union is empty' : findDefaultFault(first, value);
  return fault === undefined ? undefined : `${fault}, and the default of a union is of its first type`;
}

function findRecordFault(type: RecordType, value: unknown): string | undefined {
  if (!isObject(value)) return 'it is no map';
  return firstFault(
    type.fields.map((field) => {
      const given = value[field.name] === undefined ? field.default : value[field.name];
      return given === undefined ? `the field ${field.name} is missing` : findDefaultFault(field.type, given);
    }),
  );
}

function firstFault(faults: readonly (string | undefined)[]): string | undefined {
  return faults.find((fault) => fault !== undefined);
}

function fitsPlain(type: AvroType, value: unknown): boolean {
  switch (type.kind) {
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return isWhole(value, 31);
    case 'long':
      return isWhole(value, 63);
    case 'float':
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'bytes':
      return isByteText(value);
    case 'fixed':
      return isByteText(value) && value.length === type.size;
    default:
      return false;
  }
}

/** Within so many bits and a sign. */
function isWhole(value: unknown, bits: number): boolean {
  return Number.isInteger(value) && (value as number) >= -(2 ** bits) && (value as number) < 2 ** bits;
}

/** Bytes stand in JSON as a text whose code points are the bytes. */
function isByteText(value: unknown): value is string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes are code points from zero on.
  return typeof value === 'string' && /^[\u0000-\u00ff]*$/.test(value);
}
