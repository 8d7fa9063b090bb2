import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedCache } from './bounded-cache.ts';

test('an entry counts until its time is over, which is never later than that of the cache', () => {
  let now = 1_000;
  const cache = new BoundedCache<string, number>(10, { clock: { now: () => now }, keptMs: 100 });
  cache.set('a', 1);
  cache.set('b', 2, 1_050);
  cache.set('c', 3, 9_999);
  now = 1_050;
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c')], [1, undefined, 3]);
  now = 1_100;
  assert.deepEqual([cache.get('a'), cache.get('c'), cache.size], [undefined, undefined, 0]);
});

test('over the bound the oldest entry goes; one that is set again is new', () => {
  const cache = new BoundedCache<string, number>(2, { clock: { now: () => 0 }, keptMs: 1 });
  cache.set('a', 1);
  cache.set('b', 2);
  cache.set('a', 3);
  cache.set('c', 4);
  assert.deepEqual([cache.get('a'), cache.get('b'), cache.get('c'), cache.size], [3, undefined, 4, 2]);
  cache.delete('a');
  assert.equal(cache.get('a'), undefined);
});
