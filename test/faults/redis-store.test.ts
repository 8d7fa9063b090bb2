import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { askRedis } from '../../scripts/services/redis.ts';
import { type Store, type StoreSchema, shardOf } from '../../src/store/index.ts';
import { openRedisStore } from '../../src/store/redis/index.ts';
import { createManualClock } from '../../src/testing/index.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { moveSlot } from '../support/move-slot.ts';
import { startRedis, startRedisCluster } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type AppendLoad, startAppendLoad } from './append-load.ts';

const schema: StoreSchema = { collections: {} };
/** Each change is on the disk before it is acknowledged: what is acknowledged is there after any death of the server. */
const settings = { appendfsync: 'always' };

test(
  'a Redis that is killed and started again under load loses nothing acknowledged, and nothing is appended twice',
  requires('redis'),
  async (t) => {
    const server = await startRedis(t, { settings });
    const store = await open(t, server.url);
    const load = startAppendLoad(store, keys(20));
    for (let round = 0; round < 3; round++) {
      await more(load, 200);
      await server.kill();
      await server.restart();
    }
    await more(load, 200);
    await load.stop();
    await load.verify(store);
  },
);

test('a Redis that stands still for longer than a command may take is waited for', requires('redis'), async (t) => {
  const server = await startRedis(t, { settings });
  const store = await open(t, server.url);
  const load = startAppendLoad(store, keys(20));
  await more(load, 200);
  server.freeze();
  const late = store.commit({ key: 'late', append: { kind: 'k', expectedVersion: 0, events: ['1'] } });
  setTimeout(() => server.thaw(), 6_000);
  await late;
  await more(load, 200);
  await load.stop();
  await load.verify(store);
});

test(
  'connections that are cut before their answers cost no commit and make none happen twice',
  requires('redis'),
  async (t) => {
    const server = await startRedis(t, { settings });
    const proxy = await startCuttingProxy(t, server.port);
    const store = await open(t, `redis://127.0.0.1:${proxy.port}`);
    const load = startAppendLoad(store, keys(20));
    for (let round = 1; round <= 20; round++) {
      await more(load, 20);
      proxy.cut();
      await waitUntil('a connection was cut', () => proxy.cuts() >= round);
    }
    await more(load, 20);
    await load.stop();
    assert.equal(load.unacknowledged(), 0, 'each append was acknowledged in the end');
    await load.verify(store);
  },
);

test('a tail goes on behind its last event after the server was killed', requires('redis'), async (t) => {
  const server = await startRedis(t, { settings });
  const [writer, reader] = [await open(t, server.url), await open(t, server.url)];
  const stop = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    for await (const events of reader.tail('k', 'a', 0, stop.signal)) seen.push(...events.map(({ event }) => event));
  })();
  const append = (n: number): Promise<void> =>
    writer.commit({ key: 'a', append: { kind: 'k', expectedVersion: n, events: [String(n)] } });
  await append(0);
  await waitUntil('the first event came', () => seen.length === 1);
  await server.kill();
  await server.restart();
  await append(1);
  await append(2);
  await waitUntil('the others came', () => seen.length === 3);
  stop.abort();
  await following;
  assert.deepEqual(seen, ['0', '1', '2']);
});

test(
  'who reads a shard misses nothing that is appended after its server has lost its last changes',
  requires('redis'),
  async (t) => {
    const server = await startRedis(t, { settings: { appendonly: 'no' } });
    const store = await open(t, server.url);
    const append = (expectedVersion: number, ...events: readonly string[]): Promise<void> =>
      store.commit({ key: 'one', append: { kind: 'k', expectedVersion, events } });
    await append(0, '1');
    await askRedis(server.port, 'SAVE');
    await append(1, '2', '3', '4');
    const before = await store.readShard(shardOf('one'), '', 10);
    assert.equal(before.events.length, 4);
    await server.kill();
    await server.restart();
    assert.equal((await store.read('k', 'one')).length, 1, 'the server has forgotten three');
    await append(1, 'two', 'three');
    const after = await store.readShard(shardOf('one'), before.position, 10);
    assert.deepEqual(
      after.events.map(({ event }) => event),
      ['two', 'three'],
    );
  },
);

test('a full Redis takes changes again by itself when what has expired is removed', requires('redis'), async (t) => {
  const server = await startRedis(t, { settings });
  const clock = createManualClock();
  const collections = { things: { indexes: [] } };
  const store = await openRedisStore({ url: server.url, prefix: 'full', schema: { collections }, clock });
  t.after(() => store.close());
  const { bytes } = await store.check();
  await askRedis(server.port, `CONFIG SET maxmemory ${bytes + 2_000_000}`);
  const expiresAtMs = clock.now() + 60_000;
  const put = (n: number): Promise<void> => {
    const document = { collection: 'things', value: 'x'.repeat(20_000), expiresAtMs, ownsJournal: 'k' };
    const append = { kind: 'k', expectedVersion: 0, events: ['x'.repeat(2_000)] };
    return store.commit({ key: `thing-${n}`, append, documents: [document] });
  };
  const fill = async (): Promise<void> => {
    for (let n = 0; n < 1_000; n++) await put(n);
  };
  await assert.rejects(fill(), { code: 'STORE_FULL' });
  await clock.advance(61_000);
  const tryAgain = async (): Promise<boolean> => {
    await clock.advance(1_000);
    return await put(1_001).then(
      () => true,
      () => false,
    );
  };
  await waitUntil('there is room again', tryAgain);
});

test('while a slot is moved under load nothing is lost and nothing is appended twice', requires('redis'), async (t) => {
  const cluster = await startRedisCluster(t, { settings });
  const store = await open(t, cluster.url);
  const shard = shardOf('k0');
  const load = startAppendLoad(store, [...keys(10), ...keysOfShard(shard, 20)]);
  await more(load, 500);
  const before = load.acknowledged();
  await moveSlot(cluster, `{parley:${String(shard).padStart(3, '0')}}:m`, () => more(load, 5));
  assert.ok(load.acknowledged() > before, 'the others went on meanwhile');
  await more(load, 500);
  await load.stop();
  await load.verify(store);
  await load.verify(await open(t, cluster.url));
});

test(
  'a master that dies under load is replaced by its replica: with one replica waited for, nothing acknowledged is lost',
  requires('redis'),
  async (t) => {
    const cluster = await startRedisCluster(t, { replicas: true, settings });
    const store = await open(t, cluster.url, 1);
    const load = startAppendLoad(store, keys(30));
    await more(load, 300);
    await cluster.masters[0]?.kill();
    // Its keys go on once the replica has taken its place, and has a replica of its own.
    await more(load, 300);
    await cluster.masters[0]?.restart();
    await more(load, 2_000);
    await load.stop();
    await load.verify(store);
    await load.verify(await open(t, cluster.url, 1));
  },
);

async function open(t: TestContext, url: string, replicas = 0): Promise<Store> {
  const store = await openRedisStore({ url, schema, replicas });
  t.after(() => store.close());
  return store;
}

function keys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `k${index}`);
}

function keysOfShard(shard: number, count: number): readonly string[] {
  const found: string[] = [];
  for (let index = 0; found.length < count; index++) if (shardOf(`s${index}`) === shard) found.push(`s${index}`);
  return found;
}

/** Resolves when so many appends more were acknowledged. */
async function more(load: AppendLoad, count: number): Promise<void> {
  const wanted = load.acknowledged() + count;
  await waitUntil(`${count} appends more`, () => load.acknowledged() >= wanted, 60_000);
}
