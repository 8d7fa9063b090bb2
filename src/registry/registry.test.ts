import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, AgentRecord } from '../agents/index.ts';
import type { Endpoint } from './port.ts';
import { createRegistry } from './registry.ts';

const idle: AgentExecutor = { async *execute() {} };

function createRecord(id: string): AgentRecord {
  return {
    id,
    name: id,
    description: '',
    version: '1.0.0',
    packageId: `${id}@1.0.0`,
    skills: [],
    defaultSkill: undefined,
    inputModes: [],
    outputModes: [],
    private: false,
  };
}

function createEndpoint(id: string, agentId: string, rest: Partial<Endpoint> = {}): Endpoint {
  return { id, agentId, record: createRecord(agentId), executor: idle, capacity: 2, status: 'healthy', ...rest };
}

test('an id that nobody announced is an error, never another agent', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dep-1', 'analyst'));
  assert.throws(() => registry.resolve('analyst2'), { code: 'AGENT_NOT_FOUND' });
});

test('an agent is found by its own id and by its deployment', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dep-1', 'analyst'));
  assert.equal(registry.resolve('analyst').endpointId, undefined);
  assert.equal(registry.resolve('dep-1').agentId, 'analyst');
  assert.equal(registry.resolve('dep-1').endpointId, 'dep-1');
});

test('a call goes to the least busy healthy deployment', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dep-1', 'analyst', { capacity: 1 }));
  registry.announce(createEndpoint('dep-2', 'analyst', { capacity: 10 }));
  registry.announce(createEndpoint('dep-3', 'analyst', { capacity: 10, status: 'starting' }));
  const chosen = [1, 2, 3].map(() => registry.select('analyst')?.endpoint.id);
  assert.deepEqual(chosen, ['dep-1', 'dep-2', 'dep-2']);
});

test('a place that was taken is free again after its release, once', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dep-1', 'analyst', { capacity: 1 }));
  const slot = registry.select('analyst');
  assert.equal(registry.select('analyst'), undefined);
  slot?.release();
  slot?.release();
  assert.ok(registry.select('analyst'));
  assert.equal(registry.select('analyst'), undefined);
});

test('calls in flight stay counted when a deployment is announced again', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dep-1', 'analyst'));
  registry.select('analyst');
  registry.announce(createEndpoint('dep-1', 'analyst', { capacity: 5 }));
  assert.equal(registry.resolve('analyst').listing.inFlight, 1);
});

test('agent ids and deployment ids share one namespace', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dep-1', 'analyst'));
  assert.throws(() => registry.announce(createEndpoint('analyst', 'other')), { code: 'CONFLICT' });
  assert.throws(() => registry.announce(createEndpoint('dep-2', 'dep-1')), { code: 'CONFLICT' });
  assert.throws(() => registry.announce(createEndpoint('dep-1', 'other')), { code: 'CONFLICT' });
});

test('watchers hear of every change until they stop', () => {
  const registry = createRegistry();
  const heard: string[] = [];
  const stop = registry.watch((agentId) => heard.push(agentId));
  registry.announce(createEndpoint('dep-1', 'analyst'));
  registry.select('analyst')?.release();
  registry.withdraw('dep-1');
  stop();
  registry.announce(createEndpoint('dep-1', 'analyst'));
  assert.deepEqual(heard, ['analyst', 'analyst', 'analyst']);
});
