import { type AvroType, nameOfType } from './avro-type.ts';
import { parseSchema } from './parse-schema.ts';

/** One thing that differs between two schemas. */
export interface SchemaDifference {
  readonly change: 'added' | 'removed' | 'changed';
  /** Such as `address.street`; '' for the schema as a whole. */
  readonly field: string;
  /** As people read it: type and default, symbols, size. Undefined on the side where it is not. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** What differs, in the order of the fields. SCHEMA_INVALID. */
export function diffSchemas(before: string, after: string): readonly SchemaDifference[] {
  const old = listPlaces(parseSchema(before));
  const now = listPlaces(parseSchema(after));
  const fields = [...new Set([...old.keys(), ...now.keys()])];
  return fields.flatMap((field): readonly SchemaDifference[] => {
    const sides = { field, before: old.get(field), after: now.get(field) };
    if (sides.before === sides.after) return [];
    if (sides.before === undefined) return [{ change: 'added', ...sides }];
    return [{ change: sides.after === undefined ? 'removed' : 'changed', ...sides }];
  });
}

/** Each field by its path, with what it is. */
function listPlaces(type: AvroType): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  const visit = (inner: AvroType, path: string, within: readonly AvroType[]): void => {
    if (within.includes(inner)) return;
    const deeper = [...within, inner];
    if (inner.kind === 'array') visit(inner.items, `${path}[]`, deeper);
    else if (inner.kind === 'map') visit(inner.values, `${path}[]`, deeper);
    else if (inner.kind === 'union') for (const branch of inner.branches) visit(branch, path, deeper);
    else if (inner.kind === 'record')
      for (const field of inner.fields) {
        const place = path === '' ? field.name : `${path}.${field.name}`;
        const fallback = field.default === undefined ? '' : ` = ${JSON.stringify(field.default)}`;
        places.set(place, `${describeType(field.type)}${fallback}`);
        visit(field.type, place, deeper);
      }
  };
  places.set('', describeType(type));
  visit(type, '', []);
  return places;
}

function describeType(type: AvroType): string {
  switch (type.kind) {
    case 'union':
      return type.branches.map(describeType).join(' | ');
    case 'array':
      return `array<${describeType(type.items)}>`;
    case 'map':
      return `map<${describeType(type.values)}>`;
    case 'enum':
      return `${type.name}{${type.symbols.join(',')}}`;
    case 'fixed':
      return `${type.name}(${type.size})`;
    default:
      return nameOfType(type);
  }
}
