import type { JsonObject, JsonValue } from '../../base/index.ts';

type Values = Readonly<Record<string, unknown>>;

interface WellKnown {
  toJson(message: Values): JsonValue;
  fromJson(json: JsonValue): Values;
}

const wellKnown: Readonly<Record<string, WellKnown>> = {
  '.google.protobuf.Struct': { toJson: structToJson, fromJson: structFromJson },
  '.google.protobuf.Value': { toJson: valueToJson, fromJson: valueFromJson },
  '.google.protobuf.ListValue': { toJson: listToJson, fromJson: listFromJson },
  '.google.protobuf.Timestamp': { toJson: timestampToJson, fromJson: timestampFromJson },
  '.google.protobuf.Duration': { toJson: durationToJson, fromJson: durationFromJson },
};

/** True for types that JSON writes in a way of their own; by full name, with the dot before it. */
export function isWellKnown(name: string): boolean {
  return Object.hasOwn(wellKnown, name);
}

/** A decoded message of such a type as JSON. */
export function wellKnownToJson(name: string, message: Values): JsonValue {
  return wellKnown[name]?.toJson(message) ?? null;
}

/** The reverse. TypeError for what does not fit. */
export function wellKnownFromJson(name: string, json: JsonValue): Values {
  return wellKnown[name]?.fromJson(json) ?? {};
}

function structToJson({ fields }: Values): JsonObject {
  return Object.fromEntries(Object.entries((fields ?? {}) as Values).map(([key, value]) => [key, valueToJson(value)]));
}

function structFromJson(json: JsonValue): Values {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new TypeError('A Struct is an object.');
  const entries = Object.entries(json as JsonObject);
  return { fields: Object.fromEntries(entries.map(([key, value]) => [key, valueFromJson(value ?? null)])) };
}

function valueToJson(message: unknown): JsonValue {
  const given = message as Values;
  const has = (name: string): boolean => Object.hasOwn(given, name) && given[name] !== null;
  for (const name of ['stringValue', 'numberValue', 'boolValue']) if (has(name)) return given[name] as JsonValue;
  if (has('structValue')) return structToJson(given['structValue'] as Values);
  return has('listValue') ? listToJson(given['listValue'] as Values) : null;
}

function valueFromJson(json: JsonValue): Values {
  if (json === null) return { nullValue: 0 };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  return Array.isArray(json) ? { listValue: listFromJson(json) } : { structValue: structFromJson(json) };
}

function listToJson({ values }: Values): readonly JsonValue[] {
  return ((values ?? []) as readonly unknown[]).map(valueToJson);
}

function listFromJson(json: JsonValue): Values {
  if (!Array.isArray(json)) throw new TypeError('A ListValue is a list.');
  return { values: json.map(valueFromJson) };
}

/** To the millisecond, as everywhere here. What no clock shows is written so that a reader refuses it. */
function timestampToJson({ seconds, nanos }: Values): string {
  const at = new Date(Number(seconds ?? 0) * 1_000 + Math.floor(Number(nanos ?? 0) / 1e6));
  return Number.isNaN(at.getTime()) ? 'out of range' : at.toISOString();
}

function timestampFromJson(json: JsonValue): Values {
  const atMs = typeof json === 'string' ? Date.parse(json) : Number.NaN;
  if (Number.isNaN(atMs)) throw new TypeError('A Timestamp is a time in the form of RFC 3339.');
  const seconds = Math.floor(atMs / 1_000);
  return { seconds, nanos: (atMs - seconds * 1_000) * 1e6 };
}

function durationToJson({ seconds, nanos }: Values): string {
  return `${Number(seconds ?? 0) + Number(nanos ?? 0) / 1e9}s`;
}

function durationFromJson(json: JsonValue): Values {
  const value = typeof json === 'string' && /^-?[\d.]+s$/.test(json) ? Number(json.slice(0, -1)) : Number.NaN;
  if (Number.isNaN(value)) throw new TypeError('A Duration is a number of seconds with an s behind it.');
  const seconds = Math.trunc(value);
  return { seconds, nanos: Math.round((value - seconds) * 1e9) };
}
