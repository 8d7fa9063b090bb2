import assert from 'node:assert/strict';
import { test } from 'node:test';
import { partitionOf } from './partition-of.ts';

/** murmur2 as Kafka's own test (UtilsTest.testMurmur2) has it, modulo 2^31. */
const known: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

test("a key's hash is the one that Kafka's own clients compute", () => {
  for (const [key, hash] of known) assert.equal(partitionOf(key, 2 ** 31), hash & 0x7fffffff, key);
});

test('every partition gets keys', () => {
  const hit = new Set(Array.from({ length: 200 }, (_, index) => partitionOf(`task-${index}`, 12)));
  assert.equal(hit.size, 12);
});
