import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransientMap } from './transient-map.ts';
import { TransientSet } from './transient-set.ts';

test('a transient map is a map: a key has one value, and what is removed is gone', () => {
  const map = new TransientMap<string, { n: number }>();
  map.set('a', { n: 1 });
  map.set('b', { n: 2 });
  map.set('a', { n: 3 });
  assert.deepEqual([map.size, map.get('a'), map.has('b'), map.get('c')], [2, { n: 3 }, true, undefined]);
  assert.equal(map.delete('b'), true);
  assert.equal(map.delete('b'), false);
  assert.deepEqual([[...map.keys()], [...map.values()]], [['a'], [{ n: 3 }]]);
  map.clear();
  assert.deepEqual([map.size, [...map.values()]], [0, []]);
});

test('what a walk removes on its way is not met', () => {
  const map = new TransientMap<number, { n: number }>();
  for (const n of [1, 2, 3]) map.set(n, { n });
  const met: number[] = [];
  for (const { n } of map.values()) {
    met.push(n);
    map.delete(n + 1);
  }
  assert.deepEqual(met, [1, 3]);
});

test('a transient set holds each addition until its place is removed', () => {
  const set = new TransientSet<{ n: number }>();
  const value = { n: 1 };
  const [first, second] = [set.add(value), set.add(value)];
  assert.equal(set.size, 2);
  assert.equal(set.remove(first), true);
  assert.equal(set.remove(first), false);
  assert.deepEqual([first.value, second.value, [...set]], [undefined, value, [value]]);
});
