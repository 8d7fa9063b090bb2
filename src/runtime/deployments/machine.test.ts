import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DeploymentEvent, type DeploymentState, initialDeploymentState, transition } from './machine.ts';
import type { DeploymentStatus } from './model.ts';

const installed = { folder: '/packages/a', packageId: 'a@1.0.0', digest: 'd', warnings: [] };

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
