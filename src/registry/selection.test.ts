import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, AgentRecord } from '../agents/index.ts';
import { createManualClock } from '../testing/index.ts';
import type { CallFacts, Endpoint, Registry } from './port.ts';
import { createRegistry } from './registry.ts';
import type { SelectionSettings } from './selection.ts';

const idle: AgentExecutor = { async *execute() {} };
const record: AgentRecord = {
  id: 'analyst',
  name: 'analyst',
  description: '',
  version: '1.0.0',
  packageId: '',
  skills: [],
  defaultSkill: undefined,
  inputModes: [],
  outputModes: [],
  private: false,
};

function open(selection: SelectionSettings, ...endpoints: readonly Partial<Endpoint>[]): Registry {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const registry = createRegistry({ selection, clock: createManualClock(), random });
  for (const endpoint of endpoints) {
    registry.announce({
      id: '',
      agentId: 'analyst',
      record,
      executor: idle,
      capacity: 10,
      status: 'healthy',
      ...endpoint,
    });
  }
  return registry;
}

function place(registry: Registry, call?: CallFacts): string | undefined {
  return registry.select('analyst', undefined, call)?.endpoint.id;
}

function countPlaces(registry: Registry, calls: number): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let n = 0; n < calls; n++) {
    const slot = registry.select('analyst');
    counts[slot?.endpoint.id ?? '-'] = (counts[slot?.endpoint.id ?? '-'] ?? 0) + 1;
    slot?.release();
  }
  return counts;
}

test('of two endpoints taken at random the less busy one is called', () => {
  const registry = open({ policy: 'least-load' }, { id: 'a' }, { id: 'b' });
  for (let n = 0; n < 5; n++) registry.select('analyst', 'a');
  assert.deepEqual([place(registry), place(registry), place(registry)], ['b', 'b', 'b']);
});

test('least load keeps the weights of versions', () => {
  const registry = open(
    { policy: 'least-load' },
    { id: 'old', weight: 90 },
    { id: 'new', weight: 10 },
    { id: 'off', weight: 0 },
  );
  const counts = countPlaces(registry, 1_000);
  assert.equal(counts['off'], undefined);
  assert.ok((counts['new'] ?? 0) > 20 && (counts['new'] ?? 0) < 200, JSON.stringify(counts));
});

test('a context stays with its endpoint while that is healthy and has room', () => {
  const registry = open({ affinity: true }, { id: 'a' }, { id: 'b' });
  const first = place(registry, { contextId: 'one' });
  assert.deepEqual(
    [1, 2, 3].map(() => place(registry, { contextId: 'one' })),
    [first, first, first],
  );
  const other = first === 'a' ? 'b' : 'a';
  registry.announce({ ...registry.find(first ?? ''), status: 'failed' });
  assert.equal(place(registry, { contextId: 'one' }), other);
});

test('calls go to the own zone while it has room', () => {
  const registry = open({ zone: 'north' }, { id: 'far', zone: 'south' }, { id: 'near', zone: 'north', capacity: 2 });
  assert.deepEqual([place(registry), place(registry), place(registry)], ['near', 'near', 'far']);
});

test('what this node runs is in its own zone, what another one runs is where that says', () => {
  const own: Partial<Endpoint> = { id: 'own', capacity: 1 };
  const registry = open(
    { zone: 'north' },
    { id: 'far', zone: 'south', node: 'b' },
    { id: 'nowhere', node: 'c' },
    { id: 'url', source: 'added' },
    own,
  );
  assert.equal(place(registry), 'own');
  assert.notEqual(place(registry), undefined, 'without room there, others are called');
});

test('two nodes choose the same endpoint for a context, by weight, and keep it when another one goes', () => {
  const settings: SelectionSettings = { affinity: true };
  const weights = { a: 2, b: 1, c: 1 };
  const ends = Object.entries(weights).map(([id, weight]) => ({ id, weight, capacity: 10_000 }));
  const [first, second] = [open(settings, ...ends), open(settings, ...ends.toReversed())];
  const without = open(settings, ...ends.filter(({ id }) => id !== 'c'));
  const counts = { a: 0, b: 0, c: 0 };
  for (let n = 0; n < 2_000; n++) {
    const contextId = `context-${n}`;
    const chosen = place(first, { contextId }) as keyof typeof counts;
    counts[chosen]++;
    assert.equal(place(second, { contextId }), chosen);
    if (chosen !== 'c') assert.equal(place(without, { contextId }), chosen);
  }
  assert.ok(counts.a > 900 && counts.a < 1_100 && counts.b > 400 && counts.b < 600, JSON.stringify(counts));
});

test('one agent may have a rule of its own', () => {
  const settings: SelectionSettings = { policy: 'weighted', agents: { analyst: { affinity: true } } };
  const registry = open(settings, { id: 'a' }, { id: 'b' });
  const first = place(registry, { contextId: 'one' });
  assert.equal(place(registry, { contextId: 'one' }), first);
  const plain = open({ agents: { other: { affinity: true } } }, { id: 'a' }, { id: 'b' });
  assert.notEqual(place(plain, { contextId: 'one' }), place(plain, { contextId: 'one' }));
});
