import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogSight, type Wait, waitFor } from './log-sight.ts';

const there: LogSight = { heardAtMs: 99_500, fromMs: 0 };
const away = Number.POSITIVE_INFINITY;
const wait: Wait = { sinceMs: 90_000, ms: 10_000 };

const cases: readonly (readonly [
  what: string,
  wait: Wait,
  sight: LogSight,
  nowMs: number,
  againMs: number | null | 'up',
])[] = [
  ['it is not over', wait, there, 99_999, 100_000],
  ['it is over, and the log was there', wait, there, 100_000, 'up'],
  ['it is over, and the log was not heard of lately', wait, { ...there, heardAtMs: 98_000 }, 100_000, 100_250],
  ['the log is away', wait, { heardAtMs: 99_999, fromMs: away }, 100_000, 130_000],
  ['the log came back in the middle of it', wait, { heardAtMs: 100_000, fromMs: 95_000 }, 100_000, 105_000],
  ['the log had come back before', wait, { heardAtMs: 100_000, fromMs: 89_000 }, 100_000, 'up'],
  ['nobody can know of it yet', { ...wait, sinceMs: null }, there, 500_000, null],
];

for (const [what, waited, sight, nowMs, againMs] of cases) {
  test(`of a time to wait: ${what}`, () => {
    const expected = againMs === 'up' ? { isUp: true } : { isUp: false, againMs };
    assert.deepEqual(waitFor(waited, sight, nowMs), expected);
  });
}
