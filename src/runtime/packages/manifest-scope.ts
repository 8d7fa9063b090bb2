import { isObject } from '../../base/index.ts';
import { knownKeys } from './manifest-fields.ts';
import type { ManifestSource } from './manifest-source.ts';

/** One map of agent.yaml while it is read: reads of a wrong type become problems and give undefined. */
export interface ManifestScope {
  readonly values: Readonly<Record<string, unknown>>;
  readonly path: string;
  readonly source: ManifestSource;
}

/** The path of `key` in a scope, as problems name it. */
export function pathOf(scope: ManifestScope, key: string): string {
  return scope.path === '' ? key : `${scope.path}.${key}`;
}

/** Reports that the value of `key` is wrong, or missing. */
export function complain(scope: ManifestScope, key: string, message: string): undefined {
  scope.source.problems.add(pathOf(scope, key), message);
  return undefined;
}

function warnOfUnknown(scope: ManifestScope): void {
  const known = knownKeys(scope.path.replace(/\[\d+\]/g, '[]'));
  if (known === undefined) return;
  for (const key of Object.keys(scope.values))
    if (!known.has(key)) scope.source.problems.warn(pathOf(scope, key), 'this field is not known and has no effect');
}

function createScope(source: ManifestSource, path: string, value: unknown): ManifestScope | undefined {
  if (!isObject(value)) {
    const wanted = 'this must be a map (key: value)';
    source.problems.add(path, path === '' ? 'the file must be a map that begins with "name: …"' : wanted);
    return undefined;
  }
  const scope = { values: value, path, source };
  warnOfUnknown(scope);
  return scope;
}

/** The whole file. */
export function openScope(source: ManifestSource): ManifestScope | undefined {
  return createScope(source, '', source.root);
}

function valueAt(scope: ManifestScope, key: string): unknown {
  return Object.hasOwn(scope.values, key) ? (scope.values[key] ?? undefined) : undefined;
}

function asText(source: ManifestSource, path: string, value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return source.textOf(path) ?? String(value);
  source.problems.add(path, 'this must be a text');
  return undefined;
}

/** A text; numbers and true or false count with the letters of the file. Empty = not there. */
export function readText(scope: ManifestScope, key: string): string | undefined {
  const value = valueAt(scope, key);
  if (value === undefined) return undefined;
  return asText(scope.source, pathOf(scope, key), value) || undefined;
}

/** A list of texts; empty when it is not there. */
export function readTexts(scope: ManifestScope, key: string): readonly string[] {
  const value = valueAt(scope, key) ?? [];
  if (!Array.isArray(value)) {
    complain(scope, key, 'this must be a list of texts');
    return [];
  }
  const texts = value.map((item: unknown, i) => asText(scope.source, `${pathOf(scope, key)}[${i}]`, item));
  return texts.filter((text) => text !== undefined);
}

/** True, false, or not there. */
export function readFlag(scope: ManifestScope, key: string): boolean | undefined {
  const value = valueAt(scope, key);
  if (value === undefined || typeof value === 'boolean') return value;
  return complain(scope, key, 'this must be true or false');
}

/** A number within the bounds, or not there. */
export function readNumber(scope: ManifestScope, key: string, min: number, max: number): number | undefined {
  const value = valueAt(scope, key);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= min && value <= max) return value;
  return complain(scope, key, `this must be a number from ${min} to ${max}`);
}

/** A map below, or not there. */
export function readScope(scope: ManifestScope, key: string): ManifestScope | undefined {
  const value = valueAt(scope, key);
  return value === undefined ? undefined : createScope(scope.source, pathOf(scope, key), value);
}

/** A list of maps; empty when it is not there. */
export function readScopes(scope: ManifestScope, key: string): readonly ManifestScope[] {
  const value = valueAt(scope, key) ?? [];
  if (!Array.isArray(value)) {
    complain(scope, key, 'this must be a list');
    return [];
  }
  const scopes = value.map((item: unknown, i) => createScope(scope.source, `${pathOf(scope, key)}[${i}]`, item));
  return scopes.filter((item) => item !== undefined);
}

/** A map whose values are texts, kept as they stand in the file; empty when it is not there. */
export function readTextMap(scope: ManifestScope, key: string): Readonly<Record<string, string>> {
  const inner = readScope(scope, key);
  if (inner === undefined) return {};
  const pairs = Object.keys(inner.values).map((name): [string, string] => {
    const value = inner.values[name] ?? '';
    return [name, asText(scope.source, pathOf(inner, name), value) ?? ''];
  });
  return Object.fromEntries(pairs);
}
