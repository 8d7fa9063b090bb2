import { isObject } from '../../base/index.ts';
import type { Read } from './read.ts';
import { invalidField, joinPath } from './violation.ts';

export interface ObjectShape<T> {
  /** A reader for each field, under its camelCase name; the wire may use snake_case as well. */
  readonly fields: { readonly [Name in keyof T]-?: Read<T[Name] | undefined> };
  readonly required: readonly (keyof T & string)[];
  readonly defaults?: Partial<T>;
  /** Fields that the wire calls by another camelCase name. */
  readonly wireNames?: { readonly [Name in keyof T]?: string };
}

interface Field {
  readonly name: string;
  readonly wireName: string;
  readonly read: Read<unknown>;
}

/** A reader of objects: known fields are checked, null counts as not given, unknown fields ride along. */
export function objectReader<T extends object>(shape: ObjectShape<T>): Read<T> {
  const wireNames: Readonly<Record<string, string | undefined>> = shape.wireNames ?? {};
  const fields = indexFields(Object.entries(shape.fields) as [string, Read<unknown>][], wireNames);
  return (value, parent, key) => {
    const path = joinPath(parent, key);
    if (!isObject(value)) throw invalidField(path, 'must be an object');
    const result: Record<string, unknown> = { ...shape.defaults };
    for (const name in value) readField(result, fields, path, name, value[name]);
    for (const name of shape.required) {
      if (result[name] === undefined) throw invalidField(joinPath(path, wireNames[name] ?? name), 'is missing');
    }
    return result as T;
  };
}

function readField(
  result: Record<string, unknown>,
  fields: ReadonlyMap<string, Field>,
  path: string,
  name: string,
  value: unknown,
): void {
  const field = fields.get(name);
  if (field === undefined) {
    // Assigning to __proto__ would change the object's prototype instead of adding a field.
    if (name !== '__proto__') result[name] = value;
    return;
  }
  if (value === null || value === undefined) return;
  const read = field.read(value, path, field.wireName);
  if (read !== undefined) result[field.name] = read;
}

function indexFields(
  entries: readonly [string, Read<unknown>][],
  wireNames: Readonly<Record<string, string | undefined>>,
): ReadonlyMap<string, Field> {
  return new Map(
    entries.flatMap(([name, read]) => {
      const wireName = wireNames[name] ?? name;
      const field = { name, wireName, read };
      return [
        [wireName, field],
        [formatSnakeCase(wireName), field],
      ];
    }),
  );
}

function formatSnakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** A reader of lists, each item by `read`. */
export function listReader<T>(read: Read<T>): Read<readonly T[]> {
  return (value, parent, key) => {
    const path = joinPath(parent, key);
    if (!Array.isArray(value)) throw invalidField(path, 'must be a list');
    return value.map((item, index) => read(item, path, index));
  };
}

/** A reader of lists of strings, none of them empty. */
export const readTexts: Read<readonly string[]> = (value, parent, key) => {
  const path = joinPath(parent, key);
  if (!Array.isArray(value)) throw invalidField(path, 'must be a list');
  for (let index = 0; index < value.length; index++) {
    if (typeof value[index] !== 'string' || value[index] === '') {
      throw invalidField(joinPath(path, index), 'must be a string that is not empty');
    }
  }
  return value;
};
