import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { createManualClock } from '../testing/index.ts';
import { formatTimestamp, sleep, systemClock } from './clock.ts';

test('the clock stands still while the wall clock is set back', () => {
  const before = systemClock.now();
  mock.method(Date, 'now', () => before - 60_000);
  try {
    assert.equal(systemClock.now(), before);
  } finally {
    mock.restoreAll();
  }
});

test('a scheduled call runs once, and not after it was called off', async () => {
  let calls = 0;
  const cancel = systemClock.schedule(0, () => assert.fail('was called off'));
  cancel();
  const keepAlive = setTimeout(() => {}, 10_000);
  await new Promise<void>((resolve) => {
    systemClock.schedule(1, () => {
      calls++;
      resolve();
    });
  });
  clearTimeout(keepAlive);
  assert.equal(calls, 1);
});

test('a sleeper is woken by its signal with the reason, and leaves no timer behind', async () => {
  const clock = createManualClock();
  const stop = new AbortController();
  const reason = new Error('enough');
  const sleeping = sleep(clock, 1_000, stop.signal);
  stop.abort(reason);
  await assert.rejects(sleeping, reason);
  assert.equal(clock.pending, 0);
});

test('a signal that has already aborted lets nobody sleep', async () => {
  const clock = createManualClock();
  await assert.rejects(sleep(clock, 1_000, AbortSignal.abort(new Error('too late'))), /too late/);
  assert.equal(clock.pending, 0);
});

test('a timestamp is UTC with milliseconds', () => {
  assert.equal(formatTimestamp(Date.UTC(2026, 10, 21, 4, 0, 0, 7)), '2026-11-21T04:00:00.007Z');
});
