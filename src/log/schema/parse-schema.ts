import { isObject, ParleyError } from '../../base/index.ts';
import {
  type AvroType,
  type EnumType,
  type FixedType,
  type PrimitiveName,
  primitiveNames,
  type RecordField,
} from './avro-type.ts';
import { findDefaultFault } from './default-value.ts';

/** Schemas come from anybody: what is larger, or deeper, is refused. */
const maxSchemaBytes = 256 * 1024;
const maxDepth = 64;

const namePattern = /^[A-Za-z_]\w*$/;
const fullNamePattern = /^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*$/;
const primitives: ReadonlySet<unknown> = new Set(primitiveNames);

interface Scope {
  readonly named: Map<string, AvroType>;
  readonly namespace: string;
  readonly depth: number;
  /** Where in the schema, such as `fields.status.type`. */
  readonly path: string;
}

/** Reads a schema's JSON text by the rules of the Avro specification. SCHEMA_INVALID says where it is wrong. */
export function parseSchema(text: string): AvroType {
  if (Buffer.byteLength(text) > maxSchemaBytes)
    throw schemaInvalid('', `it has more than ${maxSchemaBytes} bytes; make it smaller`);
  return parseType(parseJson(text), { named: new Map(), namespace: '', depth: 0, path: '' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // A primitive type may be written bare.
    if (primitives.has(text.trim())) return text.trim();
    throw schemaInvalid('', 'it is not valid JSON', cause);
  }
}

function parseType(value: unknown, scope: Scope): AvroType {
  if (scope.depth > maxDepth) throw schemaInvalid(scope.path, `it is nested more than ${maxDepth} deep`);
  if (typeof value === 'string') return findType(value, scope);
  if (Array.isArray(value)) return parseUnion(value, scope);
  if (!isObject(value)) throw schemaInvalid(scope.path, 'a type is a name, a map with "type", or a list of types');
  switch (value['type']) {
    case 'record':
    case 'error':
      return parseRecord(value, scope);
    case 'enum':
      return parseEnum(value, scope);
    case 'fixed':
      return parseFixed(value, scope);
    case 'array':
      return { kind: 'array', items: parseType(value['items'], inside(scope, 'items')) };
    case 'map':
      return { kind: 'map', values: parseType(value['values'], inside(scope, 'values')) };
    default:
      return parseType(value['type'], inside(scope, 'type'));
  }
}

function inside(scope: Scope, step: string): Scope {
  return { ...scope, depth: scope.depth + 1, path: scope.path === '' ? step : `${scope.path}.${step}` };
}

function findType(name: string, { named, namespace, path }: Scope): AvroType {
  if (primitives.has(name)) return { kind: name as PrimitiveName };
  const found = named.get(qualify(name, namespace)) ?? named.get(name);
  if (found !== undefined) return found;
  throw schemaInvalid(path, `the type "${name.slice(0, 128)}" is not known; name it after it has been defined`);
}

function parseUnion(values: readonly unknown[], scope: Scope): AvroType {
  const branches = values.map((value, index) => parseType(value, inside(scope, String(index))));
  if (branches.some(({ kind }) => kind === 'union'))
    throw schemaInvalid(scope.path, 'a union cannot be directly in a union');
  const names = branches.map((branch) => ('name' in branch ? branch.name : branch.kind));
  if (new Set(names).size < names.length) throw schemaInvalid(scope.path, 'a union has each type only once');
  return { kind: 'union', branches };
}

interface Naming {
  readonly name: string;
  readonly aliases: readonly string[];
  /** That what is inside gets. */
  readonly namespace: string;
}

function parseNaming(value: Readonly<Record<string, unknown>>, scope: Scope): Naming {
  const { path } = scope;
  const given = value['namespace'] ?? scope.namespace;
  if (typeof given !== 'string') throw schemaInvalid(path, 'a namespace is a text');
  const name = value['name'];
  if (typeof name !== 'string' || !fullNamePattern.test(name))
    throw schemaInvalid(path, 'a name is missing, or has other signs than letters, digits, _ and dots');
  const full = qualify(name, given);
  if (primitives.has(full)) throw schemaInvalid(path, `the name "${full}" is that of a primitive type`);
  if (scope.named.has(full)) throw schemaInvalid(path, `the name "${full}" is defined twice`);
  const dot = full.lastIndexOf('.');
  const namespace = dot === -1 ? '' : full.slice(0, dot);
  return { name: full, aliases: parseAliases(value, path).map((alias) => qualify(alias, namespace)), namespace };
}

function qualify(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
}

function parseAliases({ aliases = [] }: Readonly<Record<string, unknown>>, path: string): readonly string[] {
  if (Array.isArray(aliases) && aliases.every((alias) => typeof alias === 'string' && fullNamePattern.test(alias)))
    return aliases;
  throw schemaInvalid(path, 'aliases are a list of names');
}

function parseRecord(value: Readonly<Record<string, unknown>>, scope: Scope): AvroType {
  const { name, aliases, namespace } = parseNaming(value, scope);
  const given = value['fields'];
  if (!Array.isArray(given)) throw schemaInvalid(scope.path, `the record ${name} needs a list of fields`);
  const fields: RecordField[] = [];
  const record = { kind: 'record', name, aliases, fields } as const;
  scope.named.set(name, record);
  for (const field of given) fields.push(parseField(field, { ...inside(scope, 'fields'), namespace }));
  const names = fields.map((field) => field.name);
  const twice = names.find((field, index) => names.indexOf(field) < index);
  if (twice !== undefined) throw schemaInvalid(scope.path, `the field "${twice}" is there twice`);
  return record;
}

function parseField(value: unknown, scope: Scope): RecordField {
  const name = isObject(value) ? value['name'] : undefined;
  if (!isObject(value) || typeof name !== 'string' || !namePattern.test(name) || name === '__proto__')
    throw schemaInvalid(scope.path, 'a field is a map with a name of letters, digits and _');
  const at = inside(scope, name);
  const type = parseType(value['type'], inside(at, 'type'));
  const fault = value['default'] === undefined ? undefined : findDefaultFault(type, value['default']);
  if (fault !== undefined) throw schemaInvalid(at.path, `its default does not fit its type: ${fault}`);
  return { name, aliases: parseAliases(value, at.path), type, default: value['default'] };
}

function parseEnum(value: Readonly<Record<string, unknown>>, scope: Scope): EnumType {
  const { name, aliases } = parseNaming(value, scope);
  const symbols: unknown = value['symbols'];
  if (!Array.isArray(symbols) || !symbols.every((symbol) => typeof symbol === 'string' && namePattern.test(symbol)))
    throw schemaInvalid(scope.path, `the enum ${name} needs a list of symbols`);
  if (new Set(symbols).size < symbols.length) throw schemaInvalid(scope.path, `a symbol of ${name} is there twice`);
  const fallback = value['default'];
  if (fallback !== undefined && !symbols.includes(fallback))
    throw schemaInvalid(scope.path, `the default of ${name} is none of its symbols`);
  const type = { kind: 'enum', name, aliases, symbols, default: fallback } as EnumType;
  scope.named.set(name, type);
  return type;
}

function parseFixed(value: Readonly<Record<string, unknown>>, scope: Scope): FixedType {
  const { name, aliases } = parseNaming(value, scope);
  const size = value['size'];
  if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || size > 16 * 1024 * 1024)
    throw schemaInvalid(scope.path, `the size of ${name} is a whole number of bytes, 16 MB at most`);
  const type = { kind: 'fixed', name, aliases, size } as const;
  scope.named.set(name, type);
  return type;
}

function schemaInvalid(path: string, why: string, cause?: unknown): ParleyError {
  const where = path === '' ? ':' : `. At ${path}:`;
  return new ParleyError('SCHEMA_INVALID', `The schema is refused${where} ${why}.`, { cause, details: { path } });
}
