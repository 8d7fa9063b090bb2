import { isObject, type JsonObject } from '../../base/index.ts';
import type { Read } from './read.ts';
import { invalidField, joinPath } from './violation.ts';

const maxIdentifierLength = 1024;

/** A string; the empty one counts as not given, as proto-JSON has it. */
export const readText: Read<string | undefined> = (value, parent, key) => {
  if (typeof value !== 'string') throw invalidField(joinPath(parent, key), 'must be a string');
  return value === '' ? undefined : value;
};

/** An id, token or name of bounded length; the empty one counts as not given. */
export const readIdentifier: Read<string | undefined> = (value, parent, key) => {
  const text = readText(value, parent, key);
  if (text !== undefined && text.length > maxIdentifierLength) {
    throw invalidField(joinPath(parent, key), `must not be longer than ${maxIdentifierLength} characters`);
  }
  return text;
};

/** `true` or `false`. */
export const readBoolean: Read<boolean> = (value, parent, key) => {
  if (typeof value !== 'boolean') throw invalidField(joinPath(parent, key), 'must be true or false');
  return value;
};

/** Any JSON object, as it is. */
export const readJsonObject: Read<JsonObject> = (value, parent, key) => {
  if (!isObject(value)) throw invalidField(joinPath(parent, key), 'must be an object');
  return value as JsonObject;
};

const integerPattern = /^-?\d{1,10}$/;

/** An integer between `min` and `max`, as a number or, as proto-JSON allows, a string of digits. */
export function integerReader(min: number, max: number = 2 ** 31 - 1): Read<number> {
  const description =
    max === 2 ** 31 - 1 ? `must be an integer of at least ${min}` : `must be an integer from ${min} to ${max}`;
  return (value, parent, key) => {
    const number = typeof value === 'string' && integerPattern.test(value) ? Number(value) : value;
    if (Number.isInteger(number) && (number as number) >= min && (number as number) <= max) return number as number;
    throw invalidField(joinPath(parent, key), description);
  };
}

/** One of the wire names or numbers of a protobuf enum. */
export function enumReader<T>(values: ReadonlyMap<unknown, T>): Read<T> {
  const names = [...values.keys()].filter((name) => typeof name === 'string').join(', ');
  return (value, parent, key) => {
    if (!values.has(value)) throw invalidField(joinPath(parent, key), `must be one of ${names}`);
    return values.get(value) as T;
  };
}
