import { isObject, type JsonObject } from '../base/index.ts';

const maxLength = 160;
const maxDepth = 3;

const kinds: Readonly<Record<string, string>> = { string: 'text', integer: 'whole number' };

/** A JSON Schema in a line, for a person: `{ a: number, note?: text }`. What it leaves out is in the JSON. */
export function formatSchema(schema: JsonObject): string {
  const text = format(schema, 0);
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}

function format(schema: unknown, depth: number): string {
  if (!isObject(schema) || depth > maxDepth) return 'any';
  const { enum: values, const: only, type, anyOf, oneOf, items, properties } = schema;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' | ');
  if (only !== undefined) return JSON.stringify(only);
  const forms = anyOf ?? oneOf;
  if (Array.isArray(forms)) return forms.map((form) => format(form, depth + 1)).join(' | ');
  if (isObject(properties)) return formatProperties(properties, schema['required'], depth);
  if (type === 'array') return `list of ${format(items, depth + 1)}`;
  const types = Array.isArray(type) ? type : type === undefined ? ['any'] : [type];
  return types.map((name) => kinds[String(name)] ?? String(name)).join(' | ');
}

function formatProperties(properties: Readonly<Record<string, unknown>>, required: unknown, depth: number): string {
  const needed = new Set(Array.isArray(required) ? required : []);
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${name}${needed.has(name) ? '' : '?'}: ${format(schema, depth + 1)}`,
  );
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}
