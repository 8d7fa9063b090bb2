import { isObject } from '../../base/index.ts';

/** What the value of a keyword is: a schema, several, or plain values of a form. */
export type KeywordForm =
  | 'schema'
  | 'schemas'
  | 'items'
  | 'schema-map'
  | 'dependencies'
  | 'pattern-map'
  | 'pattern'
  | 'reference'
  | 'plain';

interface Keyword {
  readonly form: KeywordForm;
  /** True for a value that the keyword can have, as far as its form does not say it. */
  readonly fits: (value: unknown) => boolean;
  /** For a person: `must be …`. */
  readonly wanted: string;
}

const typeNames: ReadonlySet<unknown> = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string']);

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isInteger(value) && Number(value) >= 0;
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isList = (value: unknown): boolean => Array.isArray(value);
const isFilledList = (value: unknown): boolean => Array.isArray(value) && value.length > 0;
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isSchema = (value: unknown): boolean => typeof value === 'boolean' || isObject(value);
const isType = (value: unknown): boolean =>
  typeNames.has(value) || (isFilledList(value) && (value as unknown[]).every((name) => typeNames.has(name)));

const schema: Keyword = { form: 'schema', fits: isSchema, wanted: 'a schema' };
const schemas: Keyword = { form: 'schemas', fits: isFilledList, wanted: 'a list of schemas' };
const schemaMap: Keyword = { form: 'schema-map', fits: isObject, wanted: 'a map of schemas' };
const count: Keyword = { form: 'plain', fits: isCount, wanted: 'a whole number from 0' };
const number: Keyword = { form: 'plain', fits: isNumber, wanted: 'a number' };
const text: Keyword = { form: 'plain', fits: isText, wanted: 'a text' };
const texts: Keyword = { form: 'plain', fits: isTexts, wanted: 'a list of texts' };
const reference: Keyword = { form: 'reference', fits: isText, wanted: 'a text such as "#/$defs/name"' };

/** The keywords that are enforced, of JSON Schema 2020-12 and draft-07 together; all others say nothing about a value. */
export const schemaKeywords: Readonly<Record<string, Keyword>> = {
  $ref: reference,
  $dynamicRef: reference,
  $anchor: text,
  $dynamicAnchor: text,
  $defs: schemaMap,
  definitions: schemaMap,
  type: { form: 'plain', fits: isType, wanted: `one of ${[...typeNames].join(', ')}, or a list of these` },
  enum: { form: 'plain', fits: isFilledList, wanted: 'a list of values' },
  const: { form: 'plain', fits: () => true, wanted: '' },
  multipleOf: { form: 'plain', fits: (value) => isNumber(value) && Number(value) > 0, wanted: 'a number above 0' },
  maximum: number,
  exclusiveMaximum: number,
  minimum: number,
  exclusiveMinimum: number,
  maxLength: count,
  minLength: count,
  pattern: { form: 'pattern', fits: isText, wanted: 'a regular expression' },
  format: text,
  items: { form: 'items', fits: (value) => isSchema(value) || isList(value), wanted: 'a schema' },
  prefixItems: schemas,
  additionalItems: schema,
  unevaluatedItems: schema,
  contains: schema,
  maxContains: count,
  minContains: count,
  maxItems: count,
  minItems: count,
  uniqueItems: { form: 'plain', fits: (value) => typeof value === 'boolean', wanted: 'true or false' },
  properties: schemaMap,
  patternProperties: { form: 'pattern-map', fits: isObject, wanted: 'a map of schemas' },
  additionalProperties: schema,
  unevaluatedProperties: schema,
  propertyNames: schema,
  maxProperties: count,
  minProperties: count,
  required: texts,
  dependentRequired: {
    form: 'plain',
    fits: (value) => isObject(value) && Object.values(value).every(isTexts),
    wanted: 'a map of lists of texts',
  },
  dependentSchemas: schemaMap,
  dependencies: { form: 'dependencies', fits: isObject, wanted: 'a map of schemas or lists of texts' },
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: schema,
  if: schema,
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  then: schema,
  else: schema,
};
