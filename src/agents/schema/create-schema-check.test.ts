import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { hasCode, type JsonObject } from '../../base/index.ts';
import { createSchemaCheck, findSchemaFaults, type SchemaCheck } from './create-schema-check.ts';
import { checkedFormats } from './schema-formats.ts';

const draft07 = 'http://json-schema.org/draft-07/schema#';

/** What a value lacks, as `field description`. */
function faultsOf(schema: JsonObject, value: unknown): readonly string[] {
  return createSchemaCheck(schema)(value).map(({ field, description }) => `${field} ${description}`);
}

const person: JsonObject = {
  type: 'object',
  properties: { name: { type: 'string', minLength: 1 }, age: { type: 'integer' }, born: { format: 'date' } },
  required: ['name'],
  additionalProperties: false,
};

test('what fits has no faults', () => {
  assert.deepEqual(faultsOf(person, { name: 'Ada', age: 36, born: '1815-12-10' }), []);
});

test('a fault names the field, what was wanted and what came', () => {
  assert.deepEqual(faultsOf(person, {}), ['/name is missing; it must be a text']);
  assert.deepEqual(faultsOf(person, { name: 7 }), ['/name must be a text, and is a number (7)']);
  assert.deepEqual(faultsOf(person, { name: 'a', born: 'soon' }), [
    '/born must be written as "date", and is a text ("soon")',
  ]);
  assert.deepEqual(faultsOf(person, { name: 'a', size: 1 }), ['/size is not known; known here: name, age, born']);
  assert.deepEqual(faultsOf(person, 'Ada'), [' must be an object, and is a text ("Ada")']);
  assert.deepEqual(faultsOf({ properties: { 'a/b~': { enum: [1, 2] } } }, { 'a/b~': 3 }), [
    '/a~1b~0 must be one of 1, 2, and is a number (3)',
  ]);
});

test('a long value is not repeated in the fault', () => {
  const [fault = ''] = faultsOf({ items: { maxLength: 2 } }, ['x'.repeat(5000)]);
  assert.ok(fault.startsWith('/0 must') && fault.length < 200, fault);
});

test('of several forms the fault that lies deepest is told first', () => {
  const shapes = { anyOf: [{ type: 'string' }, { properties: { at: { required: ['x'] } }, required: ['at'] }] };
  assert.match(faultsOf(shapes, { at: {} })[0] ?? '', /^\/at\/x is missing/);
});

test('references and recursion within a schema are followed, in both dialects', () => {
  const tree = (defs: string, extra: JsonObject): JsonObject => ({
    ...extra,
    $id: 'https://example.com/tree',
    [defs]: { node: { type: 'object', properties: { below: { items: { $ref: `#/${defs}/node` } } } } },
    $ref: `#/${defs}/node`,
  });
  for (const schema of [tree('$defs', {}), tree('definitions', { $schema: draft07 })]) {
    assert.deepEqual(faultsOf(schema, { below: [{ below: [] }] }), []);
    assert.match(faultsOf(schema, { below: [{ below: [3] }] })[0] ?? '', /^\/below\/0\/below\/0 must be an object/);
  }
});

test('items as a list and dependencies mean what draft-07 says', () => {
  const schema = { $schema: draft07, items: [{ type: 'string' }], additionalItems: false };
  assert.deepEqual(faultsOf(schema, ['a']), []);
  assert.equal(faultsOf(schema, ['a', 'b']).length, 1);
  const dependent = { $schema: draft07, dependencies: { a: ['b'] } };
  assert.match(faultsOf(dependent, { a: 1 })[0] ?? '', /^\/b is missing/);
  assert.match(findSchemaFaults({ items: [{ type: 'string' }] })[0]?.message ?? '', /prefixItems/);
});

test('list items are unique as JSON Schema says: the order of names counts for nothing, a text is no number', () => {
  const schema = { uniqueItems: true };
  assert.equal(
    faultsOf(schema, [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ])[0],
    ' must not have an item twice',
  );
  assert.deepEqual(faultsOf(schema, [1, '1', [1], { a: [1] }, null, false, 0]), []);
});

test('each fault of a schema is told with its place', () => {
  const schema = {
    properties: { a: { type: 'strnig' }, b: { minimum: '3', items: { $ref: 'https://example.com/x' } } },
    patternProperties: { '(?=x)': {} },
    required: 'a',
  };
  const faults = findSchemaFaults(schema).map(({ path }) => path);
  assert.deepEqual(faults, [
    'properties.a.type',
    'properties.b.minimum',
    'properties.b.items.$ref',
    'patternProperties',
    'required',
  ]);
});

test('what cannot be enforced is refused', () => {
  const refused: readonly [JsonObject, RegExp][] = [
    [{ $ref: '#/$defs/gone' }, /cannot be used/],
    [{ $ref: '#/x/y', x: { y: { type: 'string' } } }, /cannot be used/],
    [{ $schema: 'https://example.com/own' }, /version of JSON Schema/],
    [{ pattern: '(a)\\1' }, /linear time/],
    [{ pattern: '[' }, /regular expression/],
    [{ pattern: 'a'.repeat(1001) }, /more than 1000 characters/],
    [{ pattern: '((a{40}){40})b' }, /repeats too much|linear time/],
    [{ properties: { a: { $id: 'other', type: 'string' } } }, /\$id/],
    [{ description: 'x'.repeat(70_000) }, /bytes/],
    [{ allOf: Array.from({ length: 2_001 }, () => ({})) }, /more than 2000 schemas/],
  ];
  for (const [schema, wanted] of refused) {
    assert.match(findSchemaFaults(schema)[0]?.message ?? 'accepted', wanted);
    assert.throws(() => createSchemaCheck(schema), { code: 'MANIFEST_INVALID' });
  }
});

test('keywords that are not known have no effect, and names from prototypes are plain names', () => {
  assert.deepEqual(faultsOf({ example: 3, $async: true, nullable: true, default: {} }, 'x'), []);
  assert.match(faultsOf({ required: ['constructor'] }, {})[0] ?? '', /^\/constructor is missing/);
  assert.deepEqual(faultsOf({ additionalProperties: false, properties: { toString: {} } }, { toString: 1 }), []);
});

/** Milliseconds of processor time until the check has an answer or gives up; the better one of two. */
function timeOf(schema: JsonObject, value: unknown): number {
  const check = createSchemaCheck(schema);
  return Math.min(timeOnce(check, value), timeOnce(check, value));
}

function timeOnce(check: SchemaCheck, value: unknown): number {
  const before = process.threadCpuUsage();
  try {
    check(value);
  } catch (thrown) {
    assert.ok(hasCode(thrown, 'PAYLOAD_TOO_LARGE'), String(thrown));
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

const words = (length: number): string => Array.from({ length }, (_, i) => 'ab'[(i * i + (i >> 3)) % 2]).join('');

test('a pattern made to be slow takes less than 50 ms', () => {
  const hostile: readonly [string, string][] = [
    ['^(a+)+$', `${'a'.repeat(30_000)}!`],
    ['^(a|a)*$', `${'a'.repeat(20_000)}!`],
    ['^(a|aa)+$', `${'a'.repeat(20_000)}!`],
    ['^(.*)*.*.*.*.*x$', 'a'.repeat(20_000)],
    ['(x+x+)+y', 'x'.repeat(16_000)],
    ['^([ab]*a[ab]{200})$', words(1_100)],
    ['a[ab]{400}$', words(600)],
    ['^(a?){80}a{80}$', 'a'.repeat(600)],
    ['^(([a-z])+.)+[A-Z]([a-z])+$', 'a'.repeat(16_000)],
    ['^(a+)+$', 'a'.repeat(16_000_000)],
  ];
  for (const [pattern, text] of hostile) {
    const ms = timeOf({ pattern }, text);
    assert.ok(ms < 50, `${pattern} took ${ms} ms`);
  }
});

test('docs/packages.md names the formats that are checked', async () => {
  const page = await readFile(new URL('../../../docs/packages.md', import.meta.url), 'utf8');
  const [, sentence = ''] = /Formats that are checked:([^;]*);/.exec(page) ?? [];
  assert.deepEqual(
    [...sentence.matchAll(/`([^`]+)`/g)].map(([, name]) => name),
    checkedFormats,
  );
});

test('a format is checked in bounded time, however long the text', () => {
  const texts = [
    '1'.repeat(2_048),
    'a.'.repeat(1_024),
    `a@${'a-'.repeat(1_000)}`,
    'a:'.repeat(1_024),
    '%41'.repeat(600),
  ];
  const formats = [
    'email',
    'hostname',
    'uri',
    'uri-reference',
    'ipv6',
    'duration',
    'date-time',
    'json-pointer',
    'uuid',
  ];
  for (const format of formats)
    for (const text of [...texts, `http://${'a'.repeat(2_000)}!`, 'x'.repeat(16_000_000)]) {
      const ms = timeOf({ format }, text);
      assert.ok(ms < 50, `${format} took ${ms} ms for ${text.slice(0, 20)}`);
    }
});

test('a schema that branches without an end, or refers to itself, is given up', () => {
  const doubling: JsonObject = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [
      `s${i}`,
      i === 59 ? { type: 'string' } : { anyOf: [{ $ref: `#/$defs/s${i + 1}` }, { $ref: `#/$defs/s${i + 1}` }] },
    ]),
  );
  const below = { properties: { a: { $ref: '#' } } };
  const schemas: readonly JsonObject[] = [
    { $defs: doubling, $ref: '#/$defs/s0' },
    { $ref: '#' },
    { required: ['a'], anyOf: [below, below] },
  ];
  const deep = Array.from({ length: 90 }).reduce<unknown>((below) => ({ a: below }), {});
  for (const schema of schemas) {
    assert.throws(() => createSchemaCheck(schema)(deep), { code: 'PAYLOAD_TOO_LARGE' });
    assert.ok(timeOf(schema, deep) < 400);
  }
});

test('an input as large as a body may be is checked, or given up, in bounded time', () => {
  const many = Array.from({ length: 1_000_000 }, () => ({}));
  const names = Array.from({ length: 1_500 }, (_, i) => `name${i}`);
  const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
  const dependentRequired = Object.fromEntries(names.map((name) => [name, ['x']]));
  const schemas: readonly [JsonObject, unknown][] = [
    [{ uniqueItems: true }, many.map((_, i) => ({ i }))],
    [{ items: { properties } }, many],
    [{ items: { dependentRequired } }, many],
    [{ items: { enum: [...names, {}] } }, many],
    [{ allOf: Array.from({ length: 1_000 }, () => ({ maxLength: 20_000_000 })) }, 'é'.repeat(8_000_000)],
    [{ anyOf: Array.from({ length: 900 }, () => ({ contains: { type: 'string' } })) }, many],
    [{ contains: { type: 'string' }, items: { not: { required: names } } }, many],
    [{ items: { pattern: '^[a-z]+$' } }, many.map(() => 'abcdefghijklmno')],
    [
      { patternProperties: { '^x-': {}, '^y-': {} } },
      Object.fromEntries(many.slice(0, 200_000).map((_, i) => [`n${i}`, i])),
    ],
  ];
  for (const [schema, value] of schemas) {
    const ms = timeOf(schema, value);
    assert.ok(ms < 1_000, `${JSON.stringify(schema).slice(0, 60)} took ${ms} ms`);
  }
});

test('a plain list of 200,000 records fits well within the limit', () => {
  const record = {
    type: 'object',
    properties: { id: { type: 'integer' }, name: { type: 'string' } },
    required: ['id'],
  };
  const records = Array.from({ length: 200_000 }, (_, id) => ({ id, name: 'a name' }));
  assert.deepEqual(faultsOf({ type: 'array', items: record }, records), []);
});
