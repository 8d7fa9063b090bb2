import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AgentExecutor, ReadCard } from '../agents/index.ts';
import { ParleyError, silentLogger } from '../base/index.ts';
import type { AgentCard } from '../protocol/index.ts';
import { createManualClock, type ManualClock } from '../testing/index.ts';
import type { Registry } from './port.ts';
import { createRegistry } from './registry.ts';
import { createRemoteAgents, type RemoteAgentSettings, type RemoteAgents } from './remote-agents.ts';

const idle: AgentExecutor = { async *execute() {} };

function createCard(version: string): AgentCard {
  return {
    ...{ name: 'Far', description: '', version, defaultInputModes: [], defaultOutputModes: [] },
    supportedInterfaces: [{ url: 'https://far.example', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: { streaming: true, pushNotifications: false, extendedAgentCard: false },
    skills: [{ id: 'sum', name: 'Sum', description: '', tags: ['math'] }],
  };
}

interface World {
  readonly clock: ManualClock;
  readonly registry: Registry;
  readonly agents: RemoteAgents;
  readonly reads: { etag: string | undefined; atMs: number }[];
  answer: ReadCard | undefined;
  closed: number;
}

function createWorld(): World {
  const clock = createManualClock();
  const registry = createRegistry({ clock });
  const world = { clock, registry, reads: [] as World['reads'], answer: readOf('1.0.0'), closed: 0 } as World;
  const open = () => ({
    reader: {
      async read(known: ReadCard | undefined) {
        world.reads.push({ etag: known?.etag, atMs: clock.now() });
        if (world.answer) return world.answer.etag === known?.etag && known ? known : world.answer;
        throw new ParleyError('UNREACHABLE', 'https://far.example cannot be reached.');
      },
    },
    createExecutor: () => idle,
    close: async () => void world.closed++,
  });
  const agents = createRemoteAgents({ registry, open, pollMs: 10_000, clock, logger: silentLogger });
  return Object.assign(world, { agents });
}

function readOf(version: string, maxAgeMs = 0): ReadCard {
  return { card: createCard(version), etag: `"${version}"`, maxAgeMs };
}

const far: RemoteAgentSettings = { id: 'far', url: 'https://far.example', tags: ['distant'] };

test('an agent is announced as its card says, and looked at again', async () => {
  const world = createWorld();
  world.agents.set('file', [far]);
  assert.equal(world.registry.resolve('far').listing.status, 'starting');
  await world.clock.advance(0);
  const { listing } = world.registry.resolve('far');
  assert.deepEqual([listing.status, listing.record.name, listing.deployments], ['healthy', 'Far', ['far@file']]);
  assert.deepEqual(
    world.registry.list({ tag: 'distant', skill: 'sum' }).map(({ record }) => record.id),
    ['far'],
  );
  world.answer = readOf('2.0.0');
  await world.clock.advance(10_000);
  assert.equal(world.registry.resolve('far').listing.record.version, '2.0.0');
  assert.deepEqual(
    world.reads.map(({ etag }) => etag),
    [undefined, '"1.0.0"'],
  );
});

test('a card that may be kept is asked for later, but not for ever', async () => {
  const world = createWorld();
  world.answer = readOf('1.0.0', 3_600_000);
  world.agents.set('file', [far]);
  await world.clock.advance(0);
  await world.clock.advance(39_000);
  assert.equal(world.reads.length, 1);
  await world.clock.advance(1_000);
  assert.equal(world.reads.length, 2);
});

test('an agent that vanishes stays, with a reason, and is back when it is back', async () => {
  const world = createWorld();
  world.agents.set('file', [far]);
  await world.clock.advance(0);
  world.answer = undefined;
  await world.clock.advance(10_000);
  assert.equal(world.registry.resolve('far').listing.status, 'healthy', 'one failure may be the network’s');
  await world.clock.advance(1_000);
  const { listing } = world.registry.resolve('far');
  assert.deepEqual([listing.status, listing.record.name], ['failed', 'Far']);
  assert.match(listing.reason ?? '', /cannot be reached/);
  assert.equal(world.registry.select('far'), undefined);
  const before = world.reads.length;
  await world.clock.advance(60_000);
  assert.ok(world.reads.length - before < 12, 'it is asked less and less often');
  world.answer = readOf('1.0.0');
  await world.clock.advance(10_000);
  assert.equal(world.registry.resolve('far').listing.status, 'healthy');
});

test('an agent that is no longer named is withdrawn, the others are left alone', async () => {
  const world = createWorld();
  world.agents.set('file', [far, { ...far, id: 'farther' }]);
  world.agents.set('added', [{ ...far, id: 'by-hand' }]);
  await world.clock.advance(0);
  const reads = world.reads.length;
  world.agents.set('file', [far]);
  await world.clock.advance(0);
  assert.deepEqual(
    world.registry.list().map(({ record }) => record.id),
    ['by-hand', 'far'],
  );
  assert.equal(world.closed, 1);
  assert.equal(world.reads.length, reads);
});

test('what cannot be called says why: a missing credential, a card without a way, an id that is taken', async () => {
  const world = createWorld();
  world.answer = { ...readOf('1'), card: { ...createCard('1'), supportedInterfaces: [] } };
  const problem = 'the environment variable FAR is not set';
  world.agents.set('file', [far, { ...far, id: 'poor', problem }]);
  world.registry.announce({
    ...{ id: 'dep-1', agentId: 'taken', record: world.registry.resolve('far').listing.record, executor: idle },
    ...{ capacity: 1, status: 'healthy' },
  });
  world.agents.set('added', [{ ...far, id: 'taken' }]);
  await world.clock.advance(0);
  const reasons = Object.fromEntries(world.agents.list().map(({ id, reason }) => [id, reason]));
  assert.match(reasons['far'] ?? '', /names no address/);
  assert.equal(reasons['poor'], problem);
  assert.ok(reasons['taken']);
});
