import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeFlatness, type Stretch } from './flatness.ts';
import { runSoak } from './run-soak.ts';

const minutes = 3;
/** Other tests run beside it, more of them now than then. */
const rule = {
  memory: { factor: 1.15, plus: 20 },
  p50: { factor: 3, plus: 10 },
  p99: { factor: 4, plus: 100 },
};

test('memory and latency stay as they are under half of the load that a node takes at most', {
  skip: process.env['REQUIRE_SERVICES'] !== '1' && 'takes three minutes: `npm run soak`',
  timeout: 290_000,
}, async (t) => {
  const { stretches } = await runSoak({ minutes, say: (line) => t.diagnostic(line) });
  for (const { what, before, after, isFlat } of judgeFlatness(stretches, rule)) {
    assert.ok(isFlat, `${what}: ${before.toFixed(1)}, then ${after.toFixed(1)}`);
  }
});

test('what grows from the middle to the end is not flat, and how it began does not count', () => {
  const rise = (from: number, step: number): readonly Stretch[] =>
    Array.from({ length: 9 }, (_, n) => {
      const nodeMb = n < 3 ? 10 : from + n * step;
      return { requests: 1, p50Ms: 1, p99Ms: 2, nodeMb, workersMb: 50 };
    });
  const strict = { memory: { factor: 1.05, plus: 0 }, p50: { factor: 1, plus: 0 }, p99: { factor: 1, plus: 0 } };
  const verdicts = (stretches: readonly Stretch[]): readonly boolean[] =>
    judgeFlatness(stretches, strict).map(({ isFlat }) => isFlat);
  assert.deepEqual(verdicts(rise(100, 0)), [true, true, true, true]);
  assert.deepEqual(verdicts(rise(100, 10)), [false, true, true, true]);
});
