import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentExecutor, AgentRecord } from '../../src/agents/index.ts';
import { type Clock, silentLogger } from '../../src/base/index.ts';
import {
  createFabricSource,
  createRegistry,
  type Endpoint,
  type FabricSource,
  fabricSourceCollections,
  type Registry,
} from '../../src/registry/index.ts';
import type { Store } from '../../src/store/index.ts';
import { openRedisStore } from '../../src/store/redis/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import { createManualClock } from '../../src/testing/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';

const idle: AgentExecutor = { async *execute() {} };

function createEndpoint(id: string, agentId: string, rest: Partial<Endpoint> = {}): Endpoint {
  const record: AgentRecord = {
    ...{ id: agentId, name: agentId, description: '', version: '1.0.0', packageId: '', skills: [] },
    ...{ defaultSkill: undefined, inputModes: [], outputModes: [], private: false },
  };
  return { id, agentId, record, executor: idle, capacity: 2, status: 'healthy', ...rest };
}

interface Node {
  readonly registry: Registry;
  readonly source: FabricSource;
  readonly handed: string[];
}

interface OpenedStore {
  readonly store: Store;
  readonly clock: ReturnType<typeof createManualClock>;
}

type OpenStore = (t: TestContext) => Promise<OpenedStore>;

const schema = { collections: { ...fabricSourceCollections } };

const openSqlite: OpenStore = async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-fabric-'));
  const clock = createManualClock();
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema, clock });
  t.after(async () => {
    cutOff.clear();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { store, clock };
};

async function openRedis(t: TestContext): Promise<OpenedStore & { readonly url: string }> {
  const clock = createManualClock();
  const { url } = await startRedis({ after: (run) => t.after(run) });
  const store = await openRedisStore({ url, schema, clock, prefix: 'fabric' });
  t.after(async () => {
    cutOff.clear();
    blind.clear();
    await store.close();
  });
  return { store, clock, url };
}

/** Nodes whose commits fail, and nodes that cannot read. */
const cutOff = new Set<string>();
const blind = new Set<string>();

async function joinFabric(opened: Store, clock: Clock, id: string): Promise<Node> {
  const registry = createRegistry({ clock });
  const away = (): Promise<never> => Promise.reject(new Error('The store is away.'));
  const store: Pick<Store, 'commit' | 'find' | 'get'> = {
    commit: (commit) => (cutOff.has(id) ? away() : opened.commit(commit)),
    find: (query) => (blind.has(id) ? away() : opened.find(query)),
    get: (collection, key) => opened.get(collection, key),
  };
  const handed: string[] = [];
  const source = createFabricSource({
    ...{ store, registry, clock, logger: silentLogger, leaseMs: 3_000 },
    node: { id, address: `http://${id}.example:8000`, zone: `zone-${id}` },
    createNodeExecutor: ({ address }, endpoint) => ({
      async *execute() {
        handed.push(`${address} ${endpoint.id}`);
        yield { kind: 'end', state: 'completed' };
      },
    }),
  });
  await source.start();
  return { registry, source, handed };
}

function idsOf({ registry }: Node): readonly string[] {
  return registry.endpoints().map(({ id, node }) => (node === undefined ? id : `${id}@${node}`));
}

/** Each promise holds over every store. */
function fabricTest(sentence: string, run: (t: TestContext, open: OpenStore) => Promise<void>): void {
  test(`SQLite: ${sentence}`, (t) => run(t, openSqlite));
  test(`Redis: ${sentence}`, requires('redis'), (t) => run(t, openRedis));
}

fabricTest('what one node runs is found on the other, and calls of it are handed over', async (t, open) => {
  const { store, clock } = await open(t);
  const [a, b] = [await joinFabric(store, clock, 'a'), await joinFabric(store, clock, 'b')];
  a.registry.announce(createEndpoint('dep-1', 'analyst', { weight: 3, status: 'starting', reason: 'loading' }));
  await a.source.wake();
  await b.source.wake();
  const { listing } = b.registry.resolve('analyst');
  assert.deepEqual([listing.status, listing.reason, listing.deployments], ['starting', 'loading', ['dep-1']]);
  a.registry.announce(createEndpoint('dep-1', 'analyst', { weight: 3 }));
  await a.source.wake();
  await b.source.wake();
  const slot = b.registry.select('analyst');
  assert.deepEqual([slot?.endpoint.weight, slot?.endpoint.node, slot?.endpoint.zone], [3, 'a', 'zone-a']);
  for await (const _event of slot?.endpoint.executor.execute(undefined as never) ?? []);
  assert.deepEqual(b.handed, ['http://a.example:8000 dep-1']);
  assert.deepEqual(idsOf(a), ['dep-1']);
});

fabricTest('a change is published by itself, and what is withdrawn there is withdrawn here', async (t, open) => {
  const { store, clock } = await open(t);
  const [a, b] = [await joinFabric(store, clock, 'a'), await joinFabric(store, clock, 'b')];
  a.registry.announce(createEndpoint('dep-1', 'analyst'));
  await clock.advance(50);
  await a.source.wake();
  await b.source.wake();
  assert.deepEqual(idsOf(b), ['dep-1@a']);
  a.registry.withdraw('dep-1');
  await a.source.wake();
  await b.source.wake();
  assert.deepEqual(idsOf(b), []);
});

fabricTest('a node that stops is gone at once, one that dies within its lease', async (t, open) => {
  const { store, clock } = await open(t);
  const [a, b, c] = [
    await joinFabric(store, clock, 'a'),
    await joinFabric(store, clock, 'b'),
    await joinFabric(store, clock, 'c'),
  ];
  a.registry.announce(createEndpoint('dep-a', 'one'));
  b.registry.announce(createEndpoint('dep-b', 'two'));
  for (const { source } of [a, b, c]) await source.wake();
  assert.deepEqual(idsOf(c), ['dep-a@a', 'dep-b@b']);
  await a.source.stop(AbortSignal.timeout(1_000));
  await c.source.wake();
  assert.deepEqual(idsOf(c), ['dep-b@b']);
  assert.deepEqual(
    c.source.nodes().map(({ id }) => id),
    ['b'],
  );
  // Node b says nothing more, but has not said goodbye.
  cutOff.add('b');
  await clock.advance(2_000);
  await c.source.wake();
  await clock.advance(1_500);
  await c.source.wake();
  assert.deepEqual(idsOf(c), []);
});

for (const skewMs of [-30_000, 30_000]) {
  test(
    `Redis: a node whose clock is ${skewMs / 1_000} s off finds what the others run, and is found`,
    requires('redis'),
    async (t) => {
      const { store, clock, url } = await openRedis(t);
      const skewed: Clock = { ...clock, now: () => clock.now() + skewMs, schedule: clock.schedule };
      const other = await openRedisStore({ url, schema, clock: skewed, prefix: 'fabric' });
      t.after(() => other.close());
      const [a, b] = [await joinFabric(store, clock, 'a'), await joinFabric(other, skewed, 'b')];
      a.registry.announce(createEndpoint('dep-a', 'one'));
      b.registry.announce(createEndpoint('dep-b', 'two'));
      for (let beat = 0; beat < 4; beat++) {
        for (const { source } of [a, b, a]) await source.wake();
        assert.deepEqual(
          [idsOf(a), idsOf(b)],
          [
            ['dep-a', 'dep-b@b'],
            ['dep-b', 'dep-a@a'],
          ],
        );
        await clock.advance(1_100);
      }
      cutOff.add('a');
      for (let beat = 0; beat < 4; beat++) {
        await clock.advance(1_100);
        await b.source.wake();
      }
      assert.deepEqual(idsOf(b), ['dep-b'], 'and one that is silent is gone within its lease');
    },
  );
}

fabricTest('who could not look for long takes nobody for silent', async (t, open) => {
  const { store, clock } = await open(t);
  const [a, b] = [await joinFabric(store, clock, 'a'), await joinFabric(store, clock, 'b')];
  a.registry.announce(createEndpoint('dep-1', 'analyst'));
  await a.source.wake();
  await b.source.wake();
  cutOff.add('a');
  blind.add('b');
  await clock.advance(10_000);
  blind.delete('b');
  await b.source.wake();
  assert.deepEqual(idsOf(b), ['dep-1@a']);
});

fabricTest(
  'an endpoint that this node runs itself wins, and the other one takes its place when it is gone',
  async (t, open) => {
    const { store, clock } = await open(t);
    const [a, b] = [await joinFabric(store, clock, 'a'), await joinFabric(store, clock, 'b')];
    a.registry.announce(createEndpoint('dep-1', 'analyst'));
    b.registry.announce(createEndpoint('dep-1', 'analyst'));
    await a.source.wake();
    await b.source.wake();
    assert.deepEqual(idsOf(b), ['dep-1']);
    b.registry.withdraw('dep-1');
    await b.source.wake();
    assert.deepEqual(idsOf(b), ['dep-1@a']);
    b.registry.announce(createEndpoint('dep-1', 'analyst'));
    await a.source.stop(AbortSignal.timeout(1_000));
    await b.source.wake();
    assert.deepEqual(idsOf(b), ['dep-1']);
  },
);

fabricTest('while the store is away what is known stays, and afterwards all goes on', async (t, open) => {
  const { store, clock } = await open(t);
  const a = await joinFabric(store, clock, 'a');
  a.registry.announce(createEndpoint('dep-1', 'analyst'));
  await a.source.wake();
  const b = await joinFabric(store, clock, 'b');
  assert.deepEqual(idsOf(b), ['dep-1@a']);
  blind.add('b');
  a.registry.withdraw('dep-1');
  await a.source.wake();
  await b.source.wake();
  assert.deepEqual(idsOf(b), ['dep-1@a']);
  blind.delete('b');
  await b.source.wake();
  assert.deepEqual(idsOf(b), []);
});

fabricTest('who has lost its lease publishes nothing more', async (t, open) => {
  const { store, clock } = await open(t);
  const b = await joinFabric(store, clock, 'b');
  const registry = createRegistry({ clock });
  registry.announce(createEndpoint('dep-1', 'analyst'));
  const source = createFabricSource({
    ...{ store, registry, clock, logger: silentLogger, leaseMs: 3_000, createNodeExecutor: () => idle },
    node: { id: 'a', address: 'http://a.example' },
    fence: () => ({ lease: 'node:a', epoch: 41 }),
  });
  await store.acquireLease('node:a', 'somebody else', 60_000);
  await source.start();
  await b.source.wake();
  assert.deepEqual(idsOf(b), []);
});
