import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRateLimiter } from './rate-limiter.ts';

test('after its burst a caller goes on at the rate, and is told how long to wait', () => {
  let now = 0;
  const limiter = createRateLimiter({ perSecond: 2, burst: 3 }, { now: () => now });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limiter.take('a')),
    [0, 0, 0, 500],
  );
  now = 499;
  assert.equal(limiter.take('a'), 1);
  now = 500;
  assert.equal(limiter.take('a'), 0);
  now = 60_000;
  assert.deepEqual(
    [1, 2, 3, 4].map(() => limiter.take('a')),
    [0, 0, 0, 500],
  );
});

test('one caller over its limit takes nothing from another', () => {
  const limiter = createRateLimiter({ perSecond: 1, burst: 1 }, { now: () => 0 });
  assert.deepEqual([limiter.take('a'), limiter.take('a'), limiter.take('b')], [0, 1_000, 0]);
});

test('however many callers there are, the memory is bounded, and who waits goes on waiting while others have room to go', () => {
  let now = 0;
  const limiter = createRateLimiter({ perSecond: 1, burst: 2 }, { now: () => now });
  for (let index = 0; index < 9_999; index++) limiter.take(`early-${index}`);
  now = 10_000;
  limiter.take('busy');
  limiter.take('busy');
  for (let index = 0; index < 5_000; index++) limiter.take(`late-${index}`);
  assert.ok(limiter.size <= 10_000);
  assert.equal(limiter.take('busy'), 1_000);
});
