import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCpuBudget, spendCpu } from './cpu-budget.ts';

/** The share of time in which a family that always wants `cores` cores runs, looked at every 50 ms for a minute. */
function shareOfTime(cores: number, cpus: number): number {
  const elapsedMs = 50;
  let budget = createCpuBudget(cpus);
  let runningMs = 0;
  for (let at = 0; at < 60_000; at += elapsedMs) {
    const usedMs = budget.isStopped ? 0 : cores * elapsedMs;
    if (!budget.isStopped) runningMs += elapsedMs;
    budget = spendCpu(budget, { usedMs, elapsedMs, cpus });
  }
  return runningMs / 60_000;
}

test('who wants more than it may have runs for just its share of the time', () => {
  for (const [cores, cpus] of [
    [1, 0.5],
    [1, 0.1],
    [4, 1],
    [2, 1.5],
  ] as const) {
    assert.ok(Math.abs(shareOfTime(cores, cpus) - cpus / cores) < 0.02, `${cores} of ${cpus}`);
  }
});

test('who stays within its limit is never stopped', () => {
  assert.equal(shareOfTime(1, 1), 1);
  assert.equal(shareOfTime(0.5, 2), 1);
});

test('what was not used is kept for a short burst only', () => {
  const rested = spendCpu(createCpuBudget(1), { usedMs: 0, elapsedMs: 3_600_000, cpus: 1 });
  assert.equal(spendCpu(rested, { usedMs: 200, elapsedMs: 10, cpus: 1 }).isStopped, false);
  assert.equal(spendCpu(rested, { usedMs: 300, elapsedMs: 10, cpus: 1 }).isStopped, true);
});
