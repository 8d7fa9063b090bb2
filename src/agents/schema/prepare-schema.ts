import { isObject, type JsonObject } from '../../base/index.ts';
import { findPatternFault } from './linear-pattern.ts';
import { schemaKeywords } from './schema-keywords.ts';

/** One thing that is wrong in a schema. `path`: such as `properties.age.type`; empty for the schema as a whole. */
export interface SchemaFault {
  readonly path: string;
  readonly message: string;
}

/** The keyword that counts work; a compiler must know it. */
export const workKeyword = 'x-work';

/** The versions of JSON Schema that are known. */
export type SchemaDialect = 'draft-07' | '2020-12';

/** A schema of known keywords only, with its work counted, ready to be compiled when there are no faults. */
export interface PreparedSchema {
  readonly dialect: SchemaDialect;
  readonly schema: JsonObject;
  readonly faults: readonly SchemaFault[];
}

const maxSchemaBytes = 64 * 1024;
const maxSchemas = 2_000;
const maxFaults = 20;

interface Preparation {
  readonly dialect: SchemaDialect;
  readonly faults: SchemaFault[];
  schemas: number;
}

/**
 * Judges a schema that a package brought, and copies what of it is enforced. A copy, because what a reference could lead to
 * beside the known keywords would be neither judged nor counted. The depth is bounded by the reader of agent.yaml.
 */
export function prepareSchema(schema: JsonObject): PreparedSchema {
  const dialect = dialectOf(schema['$schema']);
  const preparation: Preparation = { dialect: dialect ?? '2020-12', faults: [], schemas: 0 };
  if (JSON.stringify(schema).length > maxSchemaBytes)
    complain(preparation, '', `the schema has more than ${maxSchemaBytes} bytes; make it smaller`);
  if (dialect === undefined)
    complain(preparation, '$schema', 'this version of JSON Schema is not known; use 2020-12 or draft-07');
  const prepared = preparation.faults.length > 0 ? {} : prepareMap(preparation, schema, '');
  return { dialect: preparation.dialect, schema: prepared, faults: preparation.faults };
}

function dialectOf(name: unknown): SchemaDialect | undefined {
  if (name === undefined) return '2020-12';
  if (typeof name !== 'string') return undefined;
  if (/^https?:\/\/json-schema\.org\/draft-0[67]\/schema#?$/.test(name)) return 'draft-07';
  return /^https?:\/\/json-schema\.org\/draft\/20(19-09|20-12)\/schema#?$/.test(name) ? '2020-12' : undefined;
}

function complain({ faults }: Preparation, path: string, message: string): void {
  if (faults.length < maxFaults) faults.push({ path, message });
}

function prepareMap(preparation: Preparation, schema: Readonly<Record<string, unknown>>, path: string): JsonObject {
  if (++preparation.schemas === maxSchemas + 1)
    complain(preparation, path, `the schema consists of more than ${maxSchemas} schemas; make it smaller`);
  if (preparation.schemas > maxSchemas) return {};
  const entries = Object.entries(schema).flatMap(([name, value]) => {
    const prepared = prepareKeyword(preparation, { name, value, path: join(path, name) });
    return prepared === undefined ? [] : [[name, prepared]];
  });
  const work = entries.reduce((sum, [name, value]) => sum + workOf(name, value), 1);
  return entries.length === 0 ? {} : (Object.fromEntries([...entries, [workKeyword, work]]) as JsonObject);
}

/** The plain entries of a keyword are looked through for each value; those with schemas count for themselves. */
function workOf(name: unknown, value: unknown): number {
  if (name === 'enum' || name === 'const') return 1 + JSON.stringify(value).length / 16;
  if (Array.isArray(value)) return 1 + value.length;
  return isObject(value) ? 1 + JSON.stringify(Object.keys(value)).length / 8 : 1;
}

interface KeywordUse {
  readonly name: string;
  readonly value: unknown;
  readonly path: string;
}

function prepareKeyword(preparation: Preparation, { name, value, path }: KeywordUse): unknown {
  if (name === '$id' && path !== '$id')
    return complain(preparation, path, 'a schema inside another cannot have an $id; refer to it as "#/…"');
  const keyword = Object.hasOwn(schemaKeywords, name) ? schemaKeywords[name] : undefined;
  if (keyword === undefined) return undefined;
  if (!keyword.fits(value)) return complain(preparation, path, `this must be ${keyword.wanted}`);
  switch (keyword.form) {
    case 'plain':
      return value;
    case 'reference':
      if (String(value).startsWith('#')) return value;
      return complain(preparation, path, `${value} leads out of the schema; only "#…" is followed`);
    case 'pattern':
      return preparePattern(preparation, String(value), path);
    case 'schema':
      return prepareSchemaAt(preparation, value, path);
    case 'schemas':
      return prepareList(preparation, value, path);
    case 'items':
      return prepareItems(preparation, value, path);
    case 'pattern-map':
      for (const pattern of Object.keys(value as object)) preparePattern(preparation, pattern, path);
      return prepareEach(preparation, value, path);
    case 'schema-map':
    case 'dependencies':
      return prepareEach(preparation, value, path);
  }
}

function preparePattern(preparation: Preparation, pattern: string, path: string): string | undefined {
  const fault = findPatternFault(pattern);
  return fault === undefined ? pattern : void complain(preparation, path, fault);
}

function prepareSchemaAt(preparation: Preparation, value: unknown, path: string): unknown {
  if (typeof value === 'boolean') return value;
  if (isObject(value)) return prepareMap(preparation, value, path);
  return complain(preparation, path, 'this must be a schema: a map, true or false');
}

function prepareList(preparation: Preparation, value: unknown, path: string): unknown[] {
  return (value as unknown[]).map((item, i) => prepareSchemaAt(preparation, item, `${path}[${i}]`));
}

function prepareItems(preparation: Preparation, value: unknown, path: string): unknown {
  if (!Array.isArray(value)) return prepareSchemaAt(preparation, value, path);
  if (preparation.dialect === 'draft-07') return prepareList(preparation, value, path);
  return complain(preparation, path, 'a list of schemas is called prefixItems; items is one schema for the rest');
}

/** Below `dependencies` a list of names stands for itself. */
function prepareEach(preparation: Preparation, value: unknown, path: string): Record<string, unknown> {
  const dependencies = path.endsWith('dependencies');
  const entries = Object.entries(value as object).map(([name, inner]) => {
    const names = dependencies && Array.isArray(inner) && inner.every((item) => typeof item === 'string');
    return [name, names ? inner : prepareSchemaAt(preparation, inner, join(path, name))];
  });
  return Object.fromEntries(entries);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
