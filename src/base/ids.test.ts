import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createId, createShortId } from './ids.ts';

test('a million ids are all different and sort in the order in which they were made', () => {
  let previous = '';
  for (let made = 0; made < 1_000_000; made++) {
    const id = createId();
    if (id <= previous) assert.fail(`${id} was made after ${previous}`);
    previous = id;
  }
});

test('ids go on sorting when the wall clock is set back', () => {
  const first = createId(4_000_000_000_000);
  const second = createId(1_000);
  assert.ok(second > first);
});

test('an id has the version, the variant and the time of RFC 9562', () => {
  const atMs = 5_000_000_000_000;
  for (let made = 0; made < 1_000; made++) {
    const id = createId(atMs);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), atMs);
  }
});

test('a short id has the length that was asked for', () => {
  for (const length of [1, 7, 8, 32]) assert.match(createShortId(length), new RegExp(`^[0-9a-f]{${length}}$`));
  assert.notEqual(createShortId(), createShortId());
});
