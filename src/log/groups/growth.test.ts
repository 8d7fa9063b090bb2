import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableUntil } from './growth.ts';

const at =
  (...positions: readonly number[]) =>
  (partition: number): number =>
    positions[partition] ?? 0;

test('a topic that never grew is read without bound', () => {
  assert.equal(readableUntil([], 0, at(0)), Number.POSITIVE_INFINITY);
});

test('until all from before a growth is committed, old partitions are read to their end of then, new ones not at all', () => {
  const growths = [[10, 4]];
  assert.equal(readableUntil(growths, 0, at(10, 3)), 10);
  assert.equal(readableUntil(growths, 1, at(10, 3)), 4);
  assert.equal(readableUntil(growths, 2, at(10, 3)), 0);
});

test('then all are read on, up to the next growth', () => {
  const growths = [
    [10, 4],
    [12, 4, 9],
  ];
  assert.equal(readableUntil(growths, 2, at(10, 4, 0)), 9);
  assert.equal(readableUntil(growths, 3, at(10, 4, 0)), 0);
  assert.equal(readableUntil(growths, 3, at(12, 4, 9)), Number.POSITIVE_INFINITY);
});

test('an old partition whose end is not known yet is read on, and holds up the new ones', () => {
  assert.equal(readableUntil([[10, undefined]], 1, at(10, 99)), Number.POSITIVE_INFINITY);
  assert.equal(readableUntil([[10, undefined]], 2, at(10, 99)), 0);
});
