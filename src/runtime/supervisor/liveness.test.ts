import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock } from '../../base/index.ts';
import { startLiveness } from './liveness.ts';

/** Time passes only by `pass`. */
function createManualClock(): Clock & { pass(ms: number): void } {
  let now = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => now,
    schedule(delayMs, run) {
      const timer = { at: now + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    pass(ms) {
      const end = now + ms;
      for (let due = next(end); due !== undefined; due = next(end)) {
        now = due.at;
        timers = timers.filter((other) => other !== due);
        due.run();
      }
      now = end;
    },
  };
  function next(end: number): { at: number; run: () => void } | undefined {
    return timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

function start(answering: boolean) {
  const clock = createManualClock();
  const seen = { pings: 0, silent: 0 };
  const liveness = startLiveness({
    clock,
    intervalMs: 1_000,
    timeoutMs: 3_000,
    ping: (id) => {
      seen.pings++;
      if (answering) liveness.answer(id);
    },
    onSilent: () => seen.silent++,
  });
  return { clock, seen, liveness };
}

test('a worker that does not answer is reported once, after its time and a second look', () => {
  const { clock, seen } = start(false);
  clock.pass(4_200);
  assert.deepEqual(seen, { pings: 1, silent: 0 });
  clock.pass(60_000);
  assert.deepEqual(seen, { pings: 1, silent: 1 });
});

test('an answer in the second look counts, and the questions go on', () => {
  const { clock, seen, liveness } = start(false);
  clock.pass(4_100);
  liveness.answer(1);
  clock.pass(1_000);
  assert.deepEqual(seen, { pings: 2, silent: 0 });
});

test('nothing is asked after the stop', () => {
  const { clock, seen, liveness } = start(false);
  liveness.stop();
  clock.pass(60_000);
  assert.deepEqual(seen, { pings: 0, silent: 0 });
});
