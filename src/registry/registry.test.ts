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

test('an id means one endpoint: an agent its current one, a deployment itself', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('fabric', 'fabric'));
  registry.announce(createEndpoint('dep-1', 'analyst', { status: 'starting' }));
  registry.announce(createEndpoint('dep-2', 'analyst'));
  assert.deepEqual(
    ['analyst', 'dep-1', 'fabric'].map((id) => registry.find(id).id),
    ['dep-2', 'dep-1', 'fabric'],
  );
  assert.deepEqual(
    registry.endpoints().map(({ id }) => id),
    ['fabric', 'dep-1', 'dep-2'],
  );
  assert.throws(() => registry.find('analyst2'), { code: 'AGENT_NOT_FOUND' });
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

function chooseOf(registry: ReturnType<typeof createRegistry>, count: number, skill?: string): string {
  const chosen = Array.from({ length: count }, () => {
    const slot = registry.select('analyst', undefined, { skill });
    slot?.release();
    return slot?.endpoint.id ?? '-';
  });
  return chosen.join(' ');
}

test('versions side by side share the calls by weight, evenly spread and the same every time', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('old', 'analyst', { weight: 3 }));
  registry.announce(createEndpoint('new', 'analyst', { weight: 1 }));
  assert.equal(chooseOf(registry, 8), 'old old new old old old new old');
  registry.announce(createEndpoint('new', 'analyst', { weight: 3 }));
  assert.equal(chooseOf(registry, 4), 'old new old new');
});

test('of versions that are owed the same the less busy one is next', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('old', 'analyst', { capacity: 4 }));
  registry.announce(createEndpoint('new', 'analyst', { capacity: 4 }));
  registry.select('analyst', 'old');
  assert.equal(registry.select('analyst')?.endpoint.id, 'new');
});

test('a version without room leaves its share to the others, and gets no more of it later', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('old', 'analyst', { weight: 1 }));
  registry.announce(createEndpoint('new', 'analyst', { weight: 1, status: 'starting' }));
  assert.equal(chooseOf(registry, 4), 'old old old old');
  registry.announce(createEndpoint('new', 'analyst', { weight: 1 }));
  assert.equal(chooseOf(registry, 4), 'old new old new');
});

test('a version of weight 0 takes calls by its own id only', () => {
  const registry = createRegistry();
  registry.announce(createEndpoint('dark', 'analyst', { weight: 0 }));
  assert.equal(registry.select('analyst'), undefined);
  assert.equal(registry.resolve('analyst').listing.status, 'disabled');
  assert.match(registry.resolve('analyst').listing.reason ?? '', /weight 0/);
  assert.equal(registry.select('analyst', 'dark')?.endpoint.id, 'dark');
  registry.announce(createEndpoint('old', 'analyst', { status: 'starting' }));
  assert.equal(registry.resolve('analyst').listing.status, 'starting');
  assert.equal(registry.select('analyst'), undefined);
});

test('a skill that only one version has goes to that one', () => {
  const registry = createRegistry();
  const skill = { id: 'chart', name: '', description: '', tags: [], idempotent: false, private: false, timeouts: {} };
  const withSkills = (...ids: string[]): AgentRecord => ({
    ...createRecord('analyst'),
    skills: ids.map((id) => ({ ...skill, id })),
  });
  registry.announce(createEndpoint('old', 'analyst', { record: withSkills('sum') }));
  registry.announce(createEndpoint('new', 'analyst', { record: withSkills('sum', 'chart') }));
  assert.equal(chooseOf(registry, 3, 'chart'), 'new new new');
});

test('an agent is described by the version with the greatest weight, of equal ones by the newest', () => {
  const registry = createRegistry();
  const versioned = (version: string): AgentRecord => ({ ...createRecord('analyst'), version });
  registry.announce(createEndpoint('old', 'analyst', { weight: 1, record: versioned('1.0.0') }));
  registry.announce(createEndpoint('new', 'analyst', { weight: 1, record: versioned('2.0.0') }));
  assert.equal(registry.resolve('analyst').listing.record.version, '2.0.0');
  registry.announce(createEndpoint('old', 'analyst', { weight: 9, record: versioned('1.0.0') }));
  assert.equal(registry.resolve('analyst').listing.record.version, '1.0.0');
  assert.deepEqual(registry.resolve('analyst').listing.deployments, ['old', 'new']);
});
