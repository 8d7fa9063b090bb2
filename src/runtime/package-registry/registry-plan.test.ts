import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeploymentView } from '../deployments/model.ts';
import type { RegistryEntry } from './registry-index.ts';
import { type PlanInput, planRegistry } from './registry-plan.ts';

function entry(version: string, name = 'mine'): RegistryEntry {
  return { name, version, source: { kind: 'url', url: 'https://x' }, sha256: version, signature: undefined };
}

function deployment(version: string | undefined, change: Partial<DeploymentView> = {}): DeploymentView {
  const packageId = version === undefined ? undefined : `mine@${version}`;
  return { agentId: 'mine', status: 'healthy', enabled: true, packageId, ...change } as DeploymentView;
}

function plan(change: Partial<PlanInput>): readonly (readonly [string, string])[] {
  const input = {
    entries: [entry('2.0.0')],
    deployments: [deployment('1.0.0')],
    agents: undefined,
    tried: () => false,
  };
  return planRegistry({ ...input, ...change }).map(({ entry: { version }, state }) => [version, state]);
}

test('the highest version is deployed when it is higher than what runs', () => {
  const entries = [entry('1.9.0'), entry('1.10.0'), entry('latest'), entry('0.1.0')];
  assert.deepEqual(plan({ entries }), [['1.10.0', 'deploy']]);
  assert.deepEqual(plan({ entries, deployments: [deployment('1.10.0')] }), [['1.10.0', 'current']]);
  assert.deepEqual(plan({ entries, deployments: [deployment('1.0.0'), deployment('2.0.0')] }), [['1.10.0', 'current']]);
});

test('a version without an order replaces nothing', () => {
  assert.deepEqual(plan({ entries: [entry('latest')] }), [['latest', 'current']]);
});

test('only agents that run, or that are named, are followed', () => {
  assert.deepEqual(plan({ deployments: [] }), [['2.0.0', 'not-followed']]);
  assert.deepEqual(plan({ deployments: [], agents: ['mine'] }), [['2.0.0', 'deploy']]);
  assert.deepEqual(plan({ agents: ['other'] }), [['2.0.0', 'not-followed']]);
});

test('who was stopped or disabled does not come back by itself', () => {
  for (const change of [{ status: 'stopped' }, { status: 'stopping' }, { enabled: false }] as const) {
    for (const agents of [undefined, ['mine']]) {
      assert.deepEqual(plan({ agents, deployments: [deployment('1.0.0', change)] }), [['2.0.0', 'not-followed']]);
    }
  }
});

test('a failed version is replaced by a higher one; one that was tried is left alone', () => {
  assert.deepEqual(plan({ deployments: [deployment('1.0.0', { status: 'failed' })] }), [['2.0.0', 'deploy']]);
  assert.deepEqual(plan({ tried: () => true }), [['2.0.0', 'tried']]);
});

test('while a deployment is on its way whose version is not known, nothing is decided', () => {
  assert.deepEqual(plan({ deployments: [deployment(undefined, { status: 'downloading' })] }), [['2.0.0', 'waiting']]);
});
