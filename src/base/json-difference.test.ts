import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJsonDifferences } from './json-difference.ts';

test('values that are alike but for the order of names have no difference', () => {
  assert.deepEqual(findJsonDifferences({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }), []);
  assert.deepEqual(findJsonDifferences({ a: undefined }, {}), []);
});

test('each difference is named by its pointer, with both values', () => {
  const before = { a: [1, 2], 'x/y~z': { k: 'old' }, gone: true };
  const after = { a: [1, 3, 4], 'x/y~z': { k: 'new' }, come: null };
  assert.deepEqual(findJsonDifferences(before, after), [
    { pointer: '/a/1', before: 2, after: 3 },
    { pointer: '/a/2', before: undefined, after: 4 },
    { pointer: '/come', before: undefined, after: null },
    { pointer: '/gone', before: true, after: undefined },
    { pointer: '/x~1y~0z/k', before: 'old', after: 'new' },
  ]);
});

test('values of other kinds differ as a whole, and no more are named than wanted', () => {
  assert.deepEqual(findJsonDifferences([1], { 0: 1 }), [{ pointer: '', before: [1], after: { 0: 1 } }]);
  assert.equal(findJsonDifferences([1, 2, 3], [4, 5, 6], 2).length, 2);
});
