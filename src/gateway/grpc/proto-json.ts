import protobuf from 'protobufjs';
import type { JsonObject, JsonValue } from '../../base/index.ts';
import { protoFolder } from './load-service.ts';
import { isWellKnown, wellKnownFromJson, wellKnownToJson } from './proto-well-known.ts';

/** One message type between its bytes and its JSON, as the protobuf documentation maps them ("ProtoJSON"). */
export interface ProtoJson {
  /** Fields that were not sent are left out. Throws for bytes that are no such message. */
  decode(bytes: Uint8Array): JsonObject;
  /** Fields that the type does not have are left out. Throws TypeError for a value that does not fit its field. */
  encode(json: JsonObject): Buffer;
}

const roots = new Map<string, protobuf.Root>();

const loaded = new Map<string, ProtoJson>();

/** A type by its full name, from a file below `proto/`, which is read once. */
export function loadProtoJson(file: string, name: string): ProtoJson {
  const key = `${file} ${name}`;
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const type = loadRoot(file).lookupType(name);
  const protoJson: ProtoJson = {
    decode: (bytes) => toJson(type, type.decode(bytes) as unknown as Values),
    encode: (json) => Buffer.from(type.encode(fromJson(type, json)).finish()),
  };
  loaded.set(key, protoJson);
  return protoJson;
}

type Values = Readonly<Record<string, unknown>>;

function loadRoot(file: string): protobuf.Root {
  const known = roots.get(file);
  if (known !== undefined) return known;
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) => (protobuf.common.get(target) ? target : `${protoFolder}/${target}`);
  root.loadSync(file).resolveAll();
  roots.set(file, root);
  return root;
}

function nameOf(field: protobuf.Field): string {
  const given: unknown = field.options?.['json_name'];
  return typeof given === 'string' ? given : protobuf.util.camelCase(field.name);
}

function toJson(type: protobuf.Type, message: Values): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(message, field.name) ? message[field.name] : undefined;
    if (value === undefined || value === null || isEmpty(field, value)) continue;
    entries.push([nameOf(field), fieldToJson(field, value)]);
  }
  return Object.fromEntries(entries);
}

function isEmpty(field: protobuf.Field, value: unknown): boolean {
  return (field.repeated || field.map) && Object.keys(value as object).length === 0;
}

function fieldToJson(field: protobuf.Field, value: unknown): JsonValue {
  if (field.repeated) return (value as readonly unknown[]).map((item) => valueToJson(field, item));
  if (!field.map) return valueToJson(field, value);
  return Object.fromEntries(Object.entries(value as Values).map(([key, item]) => [key, valueToJson(field, item)]));
}

function valueToJson({ resolvedType, type }: protobuf.Field, value: unknown): JsonValue {
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[value as number] ?? (value as number);
  if (resolvedType instanceof protobuf.Type) {
    const message = value as Values;
    return isWellKnown(resolvedType.fullName)
      ? wellKnownToJson(resolvedType.fullName, message)
      : toJson(resolvedType, message);
  }
  if (type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64');
  return typeof value === 'object' ? String(value) : (value as JsonValue);
}

function fromJson(type: protobuf.Type, json: JsonObject): protobuf.Message {
  const values: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    const name = nameOf(field);
    const value = Object.hasOwn(json, name) ? json[name] : undefined;
    if (value === undefined || (value === null && field.type !== 'google.protobuf.Value')) continue;
    values[field.name] = fieldFromJson(field, value);
  }
  return type.create(values);
}

function fieldFromJson(field: protobuf.Field, value: JsonValue): unknown {
  if (field.repeated) return requireList(field, value).map((item) => valueFromJson(field, item));
  if (!field.map) return valueFromJson(field, value);
  const entries = Object.entries(requireObject(field, value));
  return Object.fromEntries(entries.map(([key, item]) => [key, valueFromJson(field, item ?? null)]));
}

function valueFromJson(field: protobuf.Field, value: JsonValue): unknown {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Enum) return enumFromJson(field, resolvedType, value);
  if (resolvedType instanceof protobuf.Type) {
    if (isWellKnown(resolvedType.fullName)) return wellKnownFromJson(resolvedType.fullName, value);
    return fromJson(resolvedType, requireObject(field, value));
  }
  return type === 'bytes' && typeof value === 'string' ? Buffer.from(value, 'base64') : value;
}

function enumFromJson(field: protobuf.Field, { values }: protobuf.Enum, value: JsonValue): number {
  const known = typeof value === 'string' ? values[value] : value;
  if (typeof known === 'number') return known;
  throw new TypeError(`${field.fullName} has no value ${JSON.stringify(value)}.`);
}

function requireList(field: protobuf.Field, value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`${field.fullName} must be a list.`);
}

function requireObject(field: protobuf.Field, value: JsonValue): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new TypeError(`${field.fullName} must be an object.`);
}
