import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRecords } from './record-codec.ts';

function entry(id: string, fields: Readonly<Record<string, string>>): [Buffer, Buffer[]] {
  return [Buffer.from(id), Object.entries(fields).flatMap(([name, text]) => [Buffer.from(name), Buffer.from(text)])];
}

test('an entry that somebody else has written with headers that are none does not keep the others from being read', () => {
  const reply = [
    entry('1-0', { k: 'a', v: 'one', h: '{not json', t: '5' }),
    entry('2-0', { v: 'two', h: '{"correlation-id":"c","n":1}', t: '6' }),
    entry('3-0', { v: 'three', h: '[]', t: '7' }),
  ];
  const records = decodeRecords({ topic: 't', partition: 0 }, reply);
  assert.deepEqual(
    records.map(({ offset, headers }) => [offset, headers]),
    [
      [0, {}],
      [1, { 'correlation-id': 'c' }],
      [2, {}],
    ],
  );
});
