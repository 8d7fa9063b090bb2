import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateView } from '../../base/index.ts';
import { compareStates } from './compare-states.ts';

function view(version: number, changedAtMs: number, state = 'completed'): StateView {
  const times = { beganAtMs: 200, changedAtMs, hasEnded: state !== 'working' };
  return { kind: 'task', id: 't1', version, ...times, state: { version, status: { state } } };
}

const report = {
  startedAtMs: 1_000,
  wholeSinceMs: { task: 100, negotiation: undefined },
  incomplete: new Set<string>(),
};

test('states are equal, or differ at named places', () => {
  assert.deepEqual(compareStates(view(3, 500), view(3, 500), report), { kind: 'equal' });
  assert.deepEqual(compareStates(view(3, 500), view(3, 500, 'failed'), report), {
    kind: 'different',
    differences: [{ pointer: '/status/state', before: 'completed', after: 'failed' }],
  });
});

test('what went on after the log was read is newer, what had ended before is not', () => {
  assert.equal(compareStates(view(4, 1_500), view(3, 500), report).kind, 'newer');
  assert.equal(compareStates(view(4, 500, 'working'), view(3, 500, 'working'), report).kind, 'newer');
  assert.equal(compareStates(view(4, 500), view(3, 400), report).kind, 'different');
  assert.equal(compareStates(view(1, 1_500), undefined, report).kind, 'newer');
});

test('a task of the time of the log that is not in it is missing; one that is older, or partly there, is not', () => {
  assert.equal(compareStates(view(3, 500), undefined, report).kind, 'missing');
  const shortened = { ...report, wholeSinceMs: { task: 201, negotiation: undefined } };
  assert.equal(compareStates(view(3, 500), undefined, shortened).kind, 'incomplete');
  const partly = { ...report, incomplete: new Set(['t1']) };
  assert.equal(compareStates(view(3, 500), view(2, 500), partly).kind, 'incomplete');
});
