import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RestartPolicy } from '../deployments/model.ts';
import { decideRestart } from './restart-policy.ts';

const policy: RestartPolicy = {
  mode: 'on-failure',
  delayMs: 100,
  multiplier: 2,
  maxDelayMs: 300,
  maxRestarts: 4,
  windowMs: 10_000,
};
const crash = { atMs: 1_000, clean: false, hopeless: false };

test('the delay grows with each restart inside the window, up to its cap', () => {
  const delays: number[] = [];
  let restartsAtMs: readonly number[] = [];
  for (let index = 0; index < 4; index++) {
    const decision = decideRestart(policy, restartsAtMs, crash);
    assert.ok(decision.kind === 'restart');
    delays.push(decision.delayMs);
    restartsAtMs = decision.restartsAtMs;
  }
  assert.deepEqual(delays, [100, 200, 300, 300]);
  assert.equal(decideRestart(policy, restartsAtMs, crash).kind, 'give-up');
});

test('restarts before the window count no more', () => {
  const decision = decideRestart(policy, [1, 2, 3, 4], { ...crash, atMs: 20_000 });
  assert.deepEqual(decision, { kind: 'restart', delayMs: 100, restartsAtMs: [20_100] });
});

test('a clean end is restarted only by "always", nothing by "never", and code that does not load by none', () => {
  const kind = (mode: RestartPolicy['mode'], ending: Partial<typeof crash>): string =>
    decideRestart({ ...policy, mode }, [], { ...crash, ...ending }).kind;
  assert.equal(kind('on-failure', { clean: true }), 'give-up');
  assert.equal(kind('always', { clean: true }), 'restart');
  assert.equal(kind('never', {}), 'give-up');
  assert.equal(kind('always', { hopeless: true }), 'give-up');
});
