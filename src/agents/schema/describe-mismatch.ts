import type { ErrorObject } from 'ajv';
import { isObject, type JsonValue } from '../../base/index.ts';
import type { FieldViolation } from '../../protocol/index.ts';

const maxMismatches = 5;
const maxShown = 40;
const maxNames = 10;

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

/** Words that only say that one of several others failed. */
const wrappers: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'not', 'if', 'propertyNames']);

/** What does not fit, the deepest first: `field` is its JSON pointer, empty for the whole; with what was wanted and what came. */
export function describeMismatches(errors: readonly ErrorObject[]): readonly FieldViolation[] {
  const telling = errors.filter(({ keyword }) => !wrappers.has(keyword));
  const violations = (telling.length > 0 ? telling : errors).map(describe);
  const unique = new Map(violations.map((violation) => [`${violation.field} ${violation.description}`, violation]));
  return [...unique.values()].sort((a, b) => depthOf(b) - depthOf(a)).slice(0, maxMismatches);
}

function depthOf({ field }: FieldViolation): number {
  return field.split('/').length;
}

function describe({ keyword, instancePath, params, schema, parentSchema, data, message }: ErrorObject): FieldViolation {
  switch (keyword) {
    case 'required':
    case 'dependentRequired':
    case 'dependencies':
      return describeMissing(instancePath, String(params['missingProperty']), parentSchema);
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return describeUnknown(instancePath, params, parentSchema);
    case 'type':
      return came(instancePath, `must be ${nameTypes(schema)}`, data);
    case 'enum':
      return came(instancePath, `must be one of ${listNames((schema as unknown[]).map(show))}`, data);
    case 'const':
      return came(instancePath, `must be ${show(schema)}`, data);
    case 'pattern':
      return came(instancePath, `must match ${show(schema)}`, data);
    case 'format':
      return came(instancePath, `must be written as ${show(schema)}`, data);
    case 'uniqueItems':
      return { field: instancePath, description: 'must not have an item twice' };
    case 'anyOf':
    case 'oneOf':
      return came(instancePath, 'must have exactly the form that the schema allows', data);
    default:
      return came(instancePath, message?.replace(/ NOT /, ' not ') ?? 'does not fit the schema', data);
  }
}

function describeMissing(parent: string, name: string, schema: unknown): FieldViolation {
  const properties = isObject(schema) ? schema['properties'] : undefined;
  const wanted = isObject(properties) ? properties[name] : undefined;
  const type = isObject(wanted) ? wanted['type'] : undefined;
  const description = type === undefined ? 'is missing' : `is missing; it must be ${nameTypes(type)}`;
  return { field: `${parent}/${escapeName(name)}`, description };
}

function describeUnknown(parent: string, params: Record<string, unknown>, schema: unknown): FieldViolation {
  const name = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
  const properties = isObject(schema) ? schema['properties'] : undefined;
  const known = isObject(properties) ? Object.keys(properties) : [];
  const hint = known.length === 0 ? '' : `; known here: ${listNames(known)}`;
  return { field: `${parent}/${escapeName(name)}`, description: `is not known${hint}` };
}

function came(field: string, wanted: string, data: unknown): FieldViolation {
  return { field, description: `${wanted}, and is ${nameValue(data as JsonValue)}` };
}

function nameTypes(types: unknown): string {
  const names = Array.isArray(types) ? types : [types];
  return names.map((name) => kinds[String(name)] ?? String(name)).join(' or ');
}

/** Kind and, where it is short, the value: the caller knows it, and a file or a text of a megabyte helps nobody. */
function nameValue(value: JsonValue): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  return `${kinds[typeof value] ?? 'a value'} (${show(value)})`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= maxShown ? text : `${text.slice(0, maxShown)}…`;
}

function listNames(names: readonly string[]): string {
  const more = names.length > maxNames ? ', …' : '';
  return names.slice(0, maxNames).join(', ') + more;
}

function escapeName(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
