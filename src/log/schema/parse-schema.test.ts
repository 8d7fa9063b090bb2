import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import { parseSchema } from './parse-schema.ts';

const field = (type: unknown, rest: object = {}): object => ({
  type: 'record',
  name: 'R',
  fields: [{ name: 'f', type, ...rest }],
});

const refused: readonly (readonly [what: string, schema: unknown, why: RegExp])[] = [
  ['an unknown type', 'strng', /"strng" is not known/],
  ['a number', 5, /a type is a name/],
  ['a record without fields', { type: 'record', name: 'R' }, /needs a list of fields/],
  ['a record without a name', { type: 'record', fields: [] }, /a name is missing/],
  ['a name with other signs', { type: 'fixed', name: 'a-b', size: 1 }, /other signs/],
  [
    'a field that is there twice',
    { type: 'record', name: 'R', fields: [field('int'), field('int')].map(() => ({ name: 'f', type: 'int' })) },
    /"f" is there twice/,
  ],
  [
    'a name that is defined twice',
    [
      { type: 'fixed', name: 'F', size: 1 },
      { type: 'array', items: { type: 'fixed', name: 'F', size: 1 } },
    ],
    /defined twice/,
  ],
  ['a union in a union', ['int', ['string']], /directly in a union/],
  ['a union that has a type twice', ['int', 'int'], /only once/],
  [
    'a default of another type',
    field('int', { default: 'x' }),
    /fields\.f: its default does not fit its type: it is no int/,
  ],
  ['a default that is no int', field('int', { default: 2 ** 31 }), /it is no int/],
  ['a default below all ints', field('int', { default: -(2 ** 31) - 1 }), /it is no int/],
  ['a default that is no long', field('long', { default: 1e300 }), /it is no long/],
  [
    "a union's default of its second type",
    field(['int', 'null'], { default: null }),
    /the default of a union is of its first type/,
  ],
  ['an enum without symbols', { type: 'enum', name: 'E' }, /a list of symbols/],
  [
    "an enum's default that is no symbol",
    { type: 'enum', name: 'E', symbols: ['A'], default: 'B' },
    /none of its symbols/,
  ],
  ['a fixed of no size', { type: 'fixed', name: 'F', size: -1 }, /size of F/],
  [
    'a field that would change its object',
    { type: 'record', name: 'R', fields: [JSON.parse('{"name":"__proto__","type":"int"}')] },
    /a field is a map/,
  ],
  [
    'one that is nested without an end',
    Array.from({ length: 70 }).reduce<unknown>((items) => ({ type: 'array', items }), 'int'),
    /more than 64 deep/,
  ],
];

for (const [what, schema, why] of refused) {
  test(`a schema with ${what} is refused`, () => {
    assert.throws(
      () => parseSchema(JSON.stringify(schema)),
      (thrown) => {
        assert.ok(hasCode(thrown, 'SCHEMA_INVALID'));
        assert.match(thrown.message, why);
        return true;
      },
    );
  });
}

test('a schema of more than 256 kB is refused before it is parsed', () => {
  assert.throws(() => parseSchema(`"${' '.repeat(256 * 1024)}"`), /more than 262144 bytes/);
});

test('a primitive may be written bare, and a name belongs to the namespace around it', () => {
  assert.equal(parseSchema('string').kind, 'string');
  const type = parseSchema(JSON.stringify({ ...field(['null', 'a.R']), namespace: 'a' }));
  assert.ok(type.kind === 'record' && type.name === 'a.R');
});
