import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeBackoffMs } from './backoff.ts';

test('delays grow by the multiplier and stop growing at the cap', () => {
  const options = { baseMs: 100, multiplier: 2, maxMs: 500 };
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((attempt) => computeBackoffMs(options, attempt)),
    [100, 200, 400, 500, 500],
  );
});

test('however many tries there were, the delay is a number within the cap', () => {
  assert.equal(computeBackoffMs({ baseMs: 1, multiplier: 10, maxMs: 60_000 }, 10_000), 60_000);
});
