import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../base/index.ts';
import { createSchemaCheck } from './create-schema-check.ts';

const schemas: readonly JsonObject[] = [
  {},
  { type: 'object' },
  { type: ['string', 'null'], minLength: 1, maxLength: 3 },
  { type: 'integer', minimum: 0, exclusiveMaximum: 10, multipleOf: 2 },
  { enum: [1, 'a', null, { a: 1 }, [1, 2]] },
  { const: { a: [1, { b: null }] } },
  { properties: { a: { type: 'string' }, b: false }, required: ['a'] },
  { patternProperties: { '^a': { type: 'number' } }, additionalProperties: { type: 'string' } },
  { propertyNames: { maxLength: 1 }, minProperties: 1, maxProperties: 2 },
  { items: { type: 'number' }, minItems: 1, maxItems: 3, uniqueItems: true },
  { prefixItems: [{ type: 'string' }, { type: 'number' }], items: false },
  { contains: { type: 'number' }, minContains: 2, maxContains: 3 },
  { anyOf: [{ type: 'string' }, { properties: { a: { const: 1 } }, required: ['a'] }] },
  { oneOf: [{ type: 'number' }, { type: 'integer' }, { type: 'array' }] },
  { allOf: [{ minimum: 1 }, { maximum: 3 }], not: { const: 2 } },
  // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
  { if: { type: 'object', required: ['a'] }, then: { required: ['b'] }, else: { type: 'array' } },
  { dependentRequired: { a: ['b'] }, dependentSchemas: { b: { minProperties: 2 } } },
  { allOf: [{ properties: { a: {} } }], unevaluatedProperties: false },
  { prefixItems: [{}], unevaluatedItems: { type: 'string' } },
  { $defs: { tree: { properties: { a: { $ref: '#/$defs/tree' } }, maxProperties: 1 } }, $ref: '#/$defs/tree' },
  { $defs: { n: { $anchor: 'n', type: 'number' } }, items: { $ref: '#n' } },
  { $dynamicAnchor: 'node', type: 'object', properties: { a: { $dynamicRef: '#node' } } },
  { properties: { a: { $ref: '#/properties/b' }, b: { type: 'string' } } },
  { pattern: '^[a-z]{1,2}$' },
  { type: 'object', properties: { constructor: { type: 'string' }, toString: { type: 'number' } } },
];

const values: readonly unknown[] = [
  null,
  true,
  0,
  1,
  2,
  2.5,
  10,
  '',
  'a',
  'ab',
  'abcd',
  [],
  [1],
  [1, 2],
  [1, 1],
  ['a', 1],
  ['a', 'b'],
  [1, 2, 3, 4],
  [{ a: 1 }, { a: 1 }],
  {},
  { a: 1 },
  { a: 'x' },
  { a: 'x', b: 1 },
  { a: 'x', b: 'y' },
  { ab: 'x' },
  { b: 1 },
  { a: [1, { b: null }] },
  { a: { a: {} } },
  { a: { a: 3 } },
  { a: { a: {}, b: 1 } },
  { a: 1, b: 2, c: 3 },
  { c: 'x' },
];

test('each keyword decides as it does for the plain compiler', () => {
  for (const schema of schemas) {
    const plain = new Ajv2020({ strict: false, ownProperties: true }).compile(schema);
    const check = createSchemaCheck(schema);
    for (const value of values)
      assert.equal(check(value).length === 0, plain(value), `${JSON.stringify(schema)} of ${JSON.stringify(value)}`);
  }
});
