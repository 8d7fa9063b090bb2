import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTypeCodec } from './avro-type-codec.ts';
import { parseSchema } from './parse-schema.ts';
import { findMismatches } from './resolve-types.ts';

const record = (fields: readonly unknown[], rest: object = {}): unknown => ({
  type: 'record',
  name: 'R',
  fields,
  ...rest,
});
const a = { name: 'a', type: 'string' };
const color = (symbols: readonly string[], rest: object = {}): unknown => ({
  type: 'enum',
  name: 'E',
  symbols,
  ...rest,
});
const fixed = (size: number, name = 'F'): unknown => ({ type: 'fixed', name, size });
const list = (value: unknown): unknown =>
  record([
    { name: 'next', type: ['null', 'R'], default: null },
    { name: 'v', type: value },
  ]);

/** Schema Resolution of the specification 1.12: writer, reader, and what is wrong (kind and field). */
const cases: readonly (readonly [name: string, writer: unknown, reader: unknown, ...wrong: readonly string[]])[] = [
  ['the same primitive', 'string', 'string'],
  ['int to long', 'int', 'long'],
  ['int to float', 'int', 'float'],
  ['int to double', 'int', 'double'],
  ['long to float', 'long', 'float'],
  ['long to double', 'long', 'double'],
  ['float to double', 'float', 'double'],
  ['string to bytes', 'string', 'bytes'],
  ['bytes to string', 'bytes', 'string'],
  ['long to int', 'long', 'int', 'TYPE_MISMATCH '],
  ['double to float', 'double', 'float', 'TYPE_MISMATCH '],
  ['float to long', 'float', 'long', 'TYPE_MISMATCH '],
  ['string to int', 'string', 'int', 'TYPE_MISMATCH '],
  ['boolean to int', 'boolean', 'int', 'TYPE_MISMATCH '],
  ['arrays whose items match', { type: 'array', items: 'int' }, { type: 'array', items: 'long' }],
  ['arrays whose items do not', { type: 'array', items: 'long' }, { type: 'array', items: 'int' }, 'TYPE_MISMATCH []'],
  ['maps whose values match', { type: 'map', values: 'int' }, { type: 'map', values: 'double' }],
  ['maps whose values do not', { type: 'map', values: 'string' }, { type: 'map', values: 'int' }, 'TYPE_MISMATCH []'],
  ['a map to an array', { type: 'map', values: 'int' }, { type: 'array', items: 'int' }, 'TYPE_MISMATCH '],
  ['the same enum', color(['A', 'B']), color(['B', 'A'])],
  ['an enum that grew', color(['A']), color(['A', 'B'])],
  ['an enum that lost a symbol', color(['A', 'B']), color(['A']), 'MISSING_ENUM_SYMBOLS '],
  ['one that lost a symbol and has a default', color(['A', 'B']), color(['A'], { default: 'A' })],
  ['enums of other names', color(['A']), color(['A'], { name: 'G' }), 'NAME_MISMATCH '],
  ['fixed of one size', fixed(4), fixed(4)],
  ['fixed of other sizes', fixed(4), fixed(8), 'FIXED_SIZE_MISMATCH '],
  ['fixed of other names', fixed(4), fixed(4, 'G'), 'NAME_MISMATCH '],
  ['a record in another order', record([a, { name: 'b', type: 'int' }]), record([{ name: 'b', type: 'int' }, a])],
  ['a field that the reader does not know', record([a, { name: 'b', type: 'int' }]), record([a])],
  ['a new field with a default', record([a]), record([a, { name: 'b', type: 'int', default: 1 }])],
  [
    'a new field without a default',
    record([a]),
    record([a, { name: 'b', type: 'int' }]),
    'READER_FIELD_MISSING_DEFAULT_VALUE b',
  ],
  ['a field of another type', record([a]), record([{ name: 'a', type: 'int' }]), 'TYPE_MISMATCH a'],
  ['a field that was renamed with an alias', record([a]), record([{ name: 'b', type: 'string', aliases: ['a'] }])],
  ['a record of another name', record([a]), record([a], { name: 'S' }), 'NAME_MISMATCH '],
  ['a record that was renamed with an alias', record([a]), record([a], { name: 'S', aliases: ['R'] })],
  ['a record of another namespace', record([a], { namespace: 'x' }), record([a], { namespace: 'y' })],
  [
    'a field of a record inside',
    record([{ name: 'in', type: { type: 'record', name: 'I', fields: [a] } }]),
    record([{ name: 'in', type: { type: 'record', name: 'I', fields: [{ name: 'z', type: 'int' }] } }]),
    'READER_FIELD_MISSING_DEFAULT_VALUE in.z',
  ],
  ['a type to a union that has it', 'int', ['null', 'int']],
  ['a type to a union that has what it is promoted to', 'int', ['null', 'long']],
  ['a type to a union that has not', 'string', ['null', 'int'], 'MISSING_UNION_BRANCH '],
  ['a union to a type that all branches fit', ['int', 'long'], 'double'],
  ['a union to a type that not all fit', ['null', 'int'], 'int', 'TYPE_MISMATCH '],
  ['a union that grew', ['null', 'int'], ['null', 'int', 'string']],
  ['a union that lost a branch', ['null', 'int', 'string'], ['null', 'int'], 'MISSING_UNION_BRANCH '],
  ['a type that contains itself', list('int'), list('long')],
  ['a type that contains itself and changed', list('string'), list('int'), 'TYPE_MISMATCH v'],
];

for (const [name, writer, reader, ...wrong] of cases) {
  test(`resolution: ${name} ${wrong.length === 0 ? 'can be read' : 'cannot be read'}`, () => {
    const texts = [reader, writer].map((schema) => JSON.stringify(schema));
    const [readerType, writerType] = texts.map(parseSchema);
    assert.ok(readerType && writerType);
    const found = findMismatches(readerType, writerType).map(({ kind, field }) => `${kind} ${field}`);
    assert.deepEqual(found, wrong);
    if (!outside.has(name))
      assert.equal(avscCan(texts[0] ?? '', texts[1] ?? ''), wrong.length === 0, 'avsc says otherwise');
  });
}

/** Where avsc differs from the specification. */
const outside: ReadonlySet<string> = new Set();

function avscCan(reader: string, writer: string): boolean {
  try {
    createTypeCodec(writer).type;
    createTypeCodec(reader).type.createResolver(createTypeCodec(writer).type, { ignoreNamespaces: true });
    return true;
  } catch {
    return false;
  }
}
