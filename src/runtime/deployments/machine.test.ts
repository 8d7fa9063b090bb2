import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  changeSettings,
  type DeploymentEvent,
  type DeploymentState,
  initialDeploymentState,
  transition,
} from './machine.ts';
import type { DeploymentStatus } from './model.ts';

const installed = { folder: '/packages/a', packageId: 'a@1.0.0', digest: 'd' };

function fold(...events: DeploymentEvent[]): DeploymentState {
  return events.reduce((state, event) => transition(state, event)[0], initialDeploymentState);
}

function at(status: DeploymentStatus): DeploymentState {
  return { status, message: undefined, installed, served: true };
}

const toHealthy: DeploymentEvent[] = [
  { type: 'begun' },
  { type: 'installed', installed },
  { type: 'loaded' },
  { type: 'ready' },
];

test('a deployment goes from pending to healthy by one step after the other', () => {
  const seen = toHealthy.map((_, index) => fold(...toHealthy.slice(0, index + 1)).status);
  assert.deepEqual(seen, ['downloading', 'loading', 'starting', 'healthy']);
});

test('becoming healthy takes the agent over', () => {
  assert.deepEqual(transition(at('starting'), { type: 'ready' })[1], ['take-over']);
});

test('a failure in any active state says why and ends the workers', () => {
  for (const status of ['pending', 'downloading', 'loading', 'starting', 'healthy'] as const) {
    const [state, effects] = transition(at(status), { type: 'failed', message: 'no such module' });
    assert.equal(state.status, 'failed');
    assert.equal(state.message, 'no such module');
    assert.deepEqual(effects, ['end']);
  }
});

test('a late report does not revive what was stopped', () => {
  for (const event of [{ type: 'ready' }, { type: 'loaded' }, { type: 'failed', message: 'x' }] as const) {
    assert.deepEqual(transition(at('stopping'), event), [at('stopping'), []]);
    assert.deepEqual(transition(at('stopped'), event), [at('stopped'), []]);
  }
});

test('after a restart of the node every accepted state comes back, from the installed package where there is one', () => {
  const resumed = { type: 'resumed', retry: true } as const;
  for (const status of ['loading', 'starting', 'healthy', 'failed'] as const) {
    const [state, effects] = transition(at(status), resumed);
    assert.deepEqual([state.status, effects], ['loading', ['load']]);
  }
  for (const status of ['pending', 'downloading'] as const) {
    const [state, effects] = transition({ ...at(status), installed: undefined }, resumed);
    assert.deepEqual([state.status, effects], ['downloading', ['install']]);
  }
});

test('what was stopping when the node died is stopped, and what was stopped stays so', () => {
  for (const status of ['stopping', 'stopped'] as const) {
    const [state, effects] = transition(at(status), { type: 'resumed', retry: true });
    assert.deepEqual([state.status, effects], ['stopped', []]);
  }
});

test('a lost worker makes the deployment starting until one is ready again', () => {
  const [lost] = transition(at('healthy'), { type: 'lost', message: 'it was ended by SIGKILL' });
  assert.equal(lost.status, 'starting');
  assert.equal(lost.message, 'it was ended by SIGKILL');
  assert.equal(transition(lost, { type: 'ready' })[0].status, 'healthy');
});

test('a restart renews healthy workers and brings back what has failed or was stopped', () => {
  assert.deepEqual(transition(at('healthy'), { type: 'restart-requested' }), [at('healthy'), ['renew']]);
  assert.deepEqual(transition(at('stopped'), { type: 'restart-requested' })[1], ['load']);
  assert.deepEqual(transition({ ...at('failed'), installed: undefined }, { type: 'restart-requested' })[1], [
    'install',
  ]);
});

test('a replaced deployment finishes its calls, says what has replaced it, and can be told to hurry', () => {
  const [stopping, effects] = transition(at('healthy'), { type: 'superseded', by: 'b-2' });
  assert.deepEqual([stopping.status, stopping.message, effects], ['stopping', 'Replaced by b-2.', ['retire']]);
  const [stopped] = transition(stopping, { type: 'ended' });
  assert.deepEqual([stopped.status, stopped.message], ['stopped', 'Replaced by b-2.']);
  assert.deepEqual(transition(stopping, { type: 'stop-requested' })[1], ['end']);
  assert.deepEqual(transition(at('failed'), { type: 'superseded', by: 'b-2' }), [at('failed'), []]);
});

test('a promoted deployment comes back from wherever it is, and takes over when it is healthy', () => {
  const promoted = { type: 'promoted', turn: 7 } as const;
  assert.deepEqual(transition(at('healthy'), promoted), [at('healthy'), ['take-over']]);
  assert.deepEqual(transition(at('starting'), promoted), [at('starting'), []]);
  for (const status of ['stopping', 'stopped', 'failed'] as const) {
    const [state, effects] = transition(at(status), promoted);
    assert.deepEqual([state.status, effects], ['loading', ['load']]);
  }
});

test('settings change in every state, and without another state', () => {
  const before = { replicas: 1, weight: 1, enabled: true };
  const changes = [
    [{ type: 'scaled', replicas: 3 }, { replicas: 3 }],
    [{ type: 'weighted', weight: 0 }, { weight: 0 }],
    [{ type: 'switched', enabled: false }, { enabled: false }],
  ] as const;
  for (const [event, change] of changes) {
    assert.deepEqual(changeSettings(before, event), { ...before, ...change });
    for (const status of ['starting', 'healthy', 'failed', 'stopped'] as const) {
      assert.deepEqual(transition(at(status), event), [at(status), ['adjust']]);
    }
  }
});

test('who goes back to a version that took no calls wants it to take them', () => {
  const dark = { replicas: 2, weight: 0, enabled: false };
  assert.deepEqual(changeSettings(dark, { type: 'promoted', turn: 7 }), { replicas: 2, weight: 1, enabled: true });
  const light = { replicas: 2, weight: 90, enabled: true };
  assert.equal(changeSettings(light, { type: 'promoted', turn: 7 }).weight, 90);
});
