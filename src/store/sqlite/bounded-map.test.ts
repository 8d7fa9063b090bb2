import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoundedMap } from './bounded-map.ts';

test('what was used lately is known, what was not is forgotten', () => {
  const map = new BoundedMap<number>(10);
  map.set('hot', 1);
  for (let index = 0; index < 100; index++) {
    map.set(`k${index}`, index);
    assert.equal(map.get('hot'), 1);
  }
  assert.equal(map.get('k99'), 99);
  assert.equal(map.get('k0'), undefined);
});

test('a removed entry is not found again in the older half', () => {
  const map = new BoundedMap<number>(2);
  for (const key of ['a', 'b', 'c']) map.set(key, 1);
  map.delete('a');
  map.delete('c');
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c')], [undefined, 1, undefined]);
});
