import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredEvent } from '../port.ts';
import { Watcher } from './watcher.ts';

function events(first: number, last: number, text = 'e'): readonly StoredEvent[] {
  return Array.from({ length: last - first + 1 }, (_, index) => ({ sequence: first + index, atMs: 0, event: text }));
}

/** A watcher that has read the journal up to `after`. */
function caughtUp(after: number): Watcher {
  const watcher = new Watcher(after);
  assert.deepEqual(watcher.next(), { type: 'read', after });
  watcher.read([]);
  assert.deepEqual(watcher.next(), { type: 'wait' });
  return watcher;
}

test('a watcher that has caught up gets what was committed from memory', () => {
  const watcher = caughtUp(3);
  watcher.offer(events(4, 5));
  watcher.offer(events(6, 6));
  assert.deepEqual(watcher.next(), { type: 'deliver', events: events(4, 6) });
  assert.deepEqual(watcher.next(), { type: 'wait' });
});

test('events that the watcher has read from the journal before they were offered do not come again', () => {
  const watcher = caughtUp(0);
  watcher.offer(events(1, 2));
  watcher.next();
  watcher.offer(events(1, 2));
  watcher.offer(events(2, 4));
  assert.deepEqual(watcher.next(), { type: 'deliver', events: events(3, 4) });
});

test('a gap sends the watcher to the journal', () => {
  const watcher = caughtUp(1);
  watcher.offer(events(5, 6));
  assert.deepEqual(watcher.next(), { type: 'read', after: 1 });
});

test('a watcher that nobody pulls lets go of what it kept, and reads the journal when it is pulled', () => {
  for (const text of ['e', 'x'.repeat(20_000)]) {
    const watcher = caughtUp(0);
    for (let sequence = 1; sequence <= 100; sequence++) watcher.offer(events(sequence, sequence, text));
    assert.deepEqual(watcher.next(), { type: 'read', after: 0 });
    watcher.read(events(1, 100));
    assert.deepEqual(watcher.next(), { type: 'read', after: 100 });
  }
});

test('a reader that waits is called once, and takes even a large append from memory', () => {
  const watcher = caughtUp(0);
  let calls = 0;
  watcher.onOffer(() => calls++);
  watcher.offer(events(1, 500));
  assert.deepEqual(watcher.next(), { type: 'deliver', events: events(1, 500) });
  watcher.offer(events(501, 501));
  assert.equal(calls, 1);
});
