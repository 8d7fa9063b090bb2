import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../base/index.ts';
import { type LogEntry, LogRing } from './log-ring.ts';

const clock: Clock = { now: () => 1_000, schedule: () => () => {} };

function createRing(maxLines: number, maxBytes = 1_000_000): LogRing {
  return new LogRing({ deploymentId: 'd', clock, maxLines, maxBytes });
}

function line(message: string): LogEntry {
  return { workerId: 'w', stream: 'stdout', level: 'info', message };
}

test('the ring keeps the newest lines, and their sequence shows what is gone', () => {
  const ring = createRing(3);
  for (const message of ['a', 'b', 'c', 'd', 'e']) ring.append(line(message));
  assert.deepEqual(
    ring.read(0, 10).map(({ sequence, message }) => [sequence, message]),
    [
      [3, 'c'],
      [4, 'd'],
      [5, 'e'],
    ],
  );
});

test('reading goes on after a sequence, and gives the newest of what is left', () => {
  const ring = createRing(10);
  for (const message of ['a', 'b', 'c', 'd']) ring.append(line(message));
  const read = (after: number, limit: number): string =>
    ring
      .read(after, limit)
      .map(({ message }) => message)
      .join('');
  assert.deepEqual([read(2, 10), read(0, 2), read(4, 10), read(99, 10)], ['cd', 'cd', '', '']);
});

test('long lines push out old ones by their bytes', () => {
  const ring = createRing(1_000, 10_000);
  for (let index = 0; index < 100; index++) ring.append(line('x'.repeat(1_000)));
  assert.equal(ring.read(0, 1_000).length, 4);
});

test('a follower gets what there is and what comes, until it is told to end', async () => {
  const ring = createRing(10);
  const stop = new AbortController();
  ring.append(line('before'));
  const seen: string[] = [];
  for await (const { message } of ring.follow(0, stop.signal)) {
    seen.push(message);
    if (seen.length === 1) setImmediate(() => ring.append(line('after')));
    if (seen.length === 2) setImmediate(() => stop.abort());
  }
  assert.deepEqual(seen, ['before', 'after']);
});
