import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, AgentRecord, SkillRecord } from '../agents/index.ts';
import { createManualClock } from '../testing/index.ts';
import type { AgentQuery } from './agent-query.ts';
import type { Endpoint, Registry } from './port.ts';
import { createRegistry } from './registry.ts';

const idle: AgentExecutor = { async *execute() {} };

function skill(id: string, tags: readonly string[] = [], isPrivate = false): SkillRecord {
  return { id, name: id, description: `does ${id}`, tags, idempotent: false, private: isPrivate, timeouts: {} };
}

function createRecord(id: string, rest: Partial<AgentRecord> = {}): AgentRecord {
  const fixed = {
    version: '1',
    packageId: '',
    defaultSkill: undefined,
    inputModes: [],
    outputModes: [],
    private: false,
  };
  return { id, name: id, description: '', skills: [], ...fixed, ...rest };
}

function createEndpoint(id: string, agentId: string, rest: Partial<Endpoint> = {}): Endpoint {
  return { id, agentId, record: createRecord(agentId), executor: idle, capacity: 2, status: 'healthy', ...rest };
}

function openFleet(): Registry {
  const registry = createRegistry();
  const sum = { skills: [skill('sum', ['Math']), skill('secret', ['hidden'], true)] };
  const chart = { skills: [skill('chart', ['math', 'picture'])], tags: ['finance'], capabilities: ['Drawing'] };
  registry.announce(createEndpoint('a-1', 'adder', { record: createRecord('adder', sum) }));
  registry.announce(createEndpoint('c-1', 'charter', { record: createRecord('charter', chart), status: 'failed' }));
  return registry;
}

function find(registry: Registry, query: AgentQuery): readonly string[] {
  return registry.list(query).map(({ record }) => record.id);
}

test('agents are found by id, skill, tag, capability, status and text, and by several at once', () => {
  const registry = openFleet();
  assert.deepEqual(find(registry, {}), ['adder', 'charter']);
  assert.deepEqual(find(registry, { id: 'Adder' }), ['adder']);
  assert.deepEqual(find(registry, { skill: 'CHART' }), ['charter']);
  assert.deepEqual(find(registry, { tag: 'math' }), ['adder', 'charter']);
  assert.deepEqual(find(registry, { tag: 'finance' }), ['charter']);
  assert.deepEqual(find(registry, { capability: 'drawing' }), ['charter']);
  assert.deepEqual(find(registry, { capability: 'sum' }), ['adder']);
  assert.deepEqual(find(registry, { status: 'failed' }), ['charter']);
  assert.deepEqual(find(registry, { text: 'DOES ch' }), ['charter']);
  assert.deepEqual(find(registry, { tag: 'math', status: 'healthy' }), ['adder']);
  assert.deepEqual(find(registry, { tag: 'math', skill: 'none' }), []);
});

test('private skills are not found', () => {
  assert.deepEqual(find(openFleet(), { skill: 'secret' }), []);
  assert.deepEqual(find(openFleet(), { tag: 'hidden' }), []);
  assert.deepEqual(find(openFleet(), { text: 'secret' }), []);
});

test('what is found is what is there now', () => {
  const registry = openFleet();
  registry.announce(createEndpoint('a-1', 'adder', { record: createRecord('adder', { skills: [skill('multiply')] }) }));
  assert.deepEqual(find(registry, { skill: 'sum' }), []);
  assert.deepEqual(find(registry, { skill: 'multiply' }), ['adder']);
  registry.withdraw('a-1');
  assert.deepEqual(find(registry, { skill: 'multiply' }), []);
});

test('an endpoint that is not announced again within its lease is gone', async () => {
  const clock = createManualClock();
  const registry = createRegistry({ clock });
  const endpoint = createEndpoint('a-1', 'adder', { leaseMs: 1_000 });
  registry.announce(endpoint);
  await clock.advance(900);
  registry.announce(endpoint);
  await clock.advance(900);
  assert.deepEqual(find(registry, {}), ['adder']);
  await clock.advance(200);
  assert.deepEqual(find(registry, {}), []);
});

test('activity is a call, not an announcement, and waiting calls are counted', async () => {
  const clock = createManualClock();
  const registry = createRegistry({ clock });
  registry.announce(createEndpoint('a-1', 'adder'));
  await clock.advance(1_000);
  registry.announce(createEndpoint('a-1', 'adder'));
  assert.equal(registry.resolve('adder').listing.lastActivityAtMs, undefined);
  const slot = registry.select('adder');
  await clock.advance(500);
  slot?.release();
  assert.equal(registry.resolve('adder').listing.lastActivityAtMs, clock.now());
  registry.addQueued('adder', 3);
  registry.addQueued('adder', -1);
  assert.equal(registry.resolve('adder').listing.queued, 2);
});

test('two sources that name one agent: the first in rank has it, whoever came first, until it is gone', () => {
  const registry = createRegistry();
  const far = createRecord('adder', { name: 'far' });
  registry.announce(createEndpoint('adder@remote', 'adder', { source: 'added', record: far }));
  assert.equal(registry.select('adder')?.endpoint.id, 'adder@remote');
  registry.announce(createEndpoint('a-1', 'adder', { capacity: 100 }));
  for (let n = 0; n < 20; n++) assert.equal(registry.select('adder')?.endpoint.id, 'a-1');
  const { listing } = registry.resolve('adder');
  assert.deepEqual([listing.record.name, listing.deployments], ['adder', ['a-1']]);
  assert.match(registry.resolve('adder@remote').listing.reason ?? '', /belongs to a-1 \(deployment\)/);
  assert.deepEqual(find(registry, { text: 'far' }), []);
  registry.withdraw('a-1');
  assert.equal(registry.select('adder')?.endpoint.id, 'adder@remote');
});

test('watchers are told whether an endpoint has changed or a place has become free', () => {
  const registry = createRegistry();
  const heard: string[] = [];
  registry.watch((agentId, change) => heard.push(`${agentId} ${change}`));
  registry.announce(createEndpoint('a-1', 'adder'));
  registry.select('adder')?.release();
  assert.deepEqual(heard, ['adder endpoints', 'adder places']);
});
