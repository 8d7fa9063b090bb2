import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../../src/base/index.ts';
import { openRedis } from '../../src/drivers/redis/index.ts';
import { type Commit, type Store, type StoreSchema, shardOf } from '../../src/store/port.ts';
import { commitScript } from '../../src/store/redis/commit-script.ts';
import { encodeCommits } from '../../src/store/redis/encode-commits.ts';
import { openRedisStore } from '../../src/store/redis/index.ts';
import { createKeys, shards } from '../../src/store/redis/keys.ts';
import { claimScript } from '../../src/store/redis/lease-scripts.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';

const schema: StoreSchema = { collections: { keys: { indexes: [] } } };
const needed = requires('redis');

test('two stores on the same data see what the other one commits, at once', needed, async (t) => {
  const [writer, reader] = await openTwo(t);
  const stop = new AbortController();
  const delaysMs: number[] = [];
  const following = (async () => {
    for await (const events of reader.tail('k', 'a', 0, stop.signal)) {
      for (const { event } of events) delaysMs.push(performance.now() - Number(event));
    }
  })();
  for (let n = 0; n < 20; n++) {
    await writer.commit(append('a', n, String(performance.now())));
    await waitUntil('it is there', () => delaysMs.length === n + 1);
  }
  stop.abort();
  await following;
  const median = delaysMs.toSorted((a, b) => a - b)[10] ?? Number.NaN;
  t.diagnostic(`${median.toFixed(1)} ms from the call of commit to the reader (median of 20)`);
  assert.ok(median < 50, `${median} ms`);
});

test('of two stores that append on one version one wins', needed, async (t) => {
  const stores = await openTwo(t);
  const outcomes = await Promise.allSettled(stores.map((store) => store.commit(append('a', 0, '1'))));
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('a lease that another store took is lost in every shard before it is granted', needed, async (t) => {
  const [first, second] = await openTwo(t);
  const old = await first.acquireLease('l', 'one', 1);
  assert.ok(old);
  const byShard = new Map(Array.from({ length: 5_000 }, (_, n) => [shardOf(`k${n}`), `k${n}`]));
  assert.equal(byShard.size, shards.length);
  await waitUntil('the lease changed hands', async () => (await second.acquireLease('l', 'two', 60_000)) !== undefined);
  for (const key of byShard.values()) {
    const late = { ...append(key, 0, 'late'), fence: { lease: 'l', epoch: old.epoch } };
    await assert.rejects(first.commit(late), (thrown) => hasCode(thrown, 'FENCED'));
  }
  assert.equal(await old.renew(), false);
});

test('who died between claiming a lease and getting it is followed by a higher epoch', needed, async (t) => {
  const { url } = await startRedis(t);
  const redis = await openRedis({ url });
  t.after(() => redis.close());
  await redis.script({ script: claimScript, keys: [createKeys('parley').lease('l')], args: ['dead', 0, 1] });
  const store = await openStore(t, url);
  const lease = await store.acquireLease('l', 'alive', 60_000);
  assert.equal(lease?.epoch, 2);
  await store.commit({ ...append('a', 0, '1'), fence: { lease: 'l', epoch: 2 } });
});

test('a node whose clock jumps ahead takes no lease that another one holds, and keeps its own', needed, async (t) => {
  const [first, second] = await openTwo(t);
  const held = await first.acquireLease('held', 'one', 5_000);
  const own = await second.acquireLease('own', 'two', 5_000);
  const { now } = Date;
  t.mock.method(Date, 'now', () => now() + 3_600_000);
  assert.equal(await second.acquireLease('held', 'two', 5_000), undefined);
  assert.equal(await own?.renew(), true);
  t.mock.restoreAll();
  assert.equal(await first.acquireLease('own', 'one', 5_000), undefined, 'it ends when it said that it would');
  assert.equal(await held?.renew(), true);
});

test('a commit that is sent twice is carried out once, and so is one that reserves a document', needed, async (t) => {
  const { url } = await startRedis(t);
  const redis = await openRedis({ url });
  t.after(() => redis.close());
  const commits: readonly Commit[] = [
    append('a', 0, '1', '2'),
    append('a', 2, '3'),
    { key: 'a', documents: [{ collection: 'keys', value: '1', expect: 'absent' }] },
  ];
  const keys = createKeys('parley');
  const named = commits.map((commit, index) => ({ id: `id${index}`, commit }));
  const call = { script: commitScript, ...encodeCommits({ keys, key: 'a', commits: named, nowMs: 5 }) };
  assert.deepEqual(await redis.script(call), ['ok', 'ok', 'ok']);
  assert.deepEqual(await redis.script(call), ['ok', 'ok', 'ok']);
  const stranger = encodeCommits({ keys, key: 'a', commits: [{ id: 'other', commit: append('a', 0, 'x') }], nowMs: 5 });
  assert.deepEqual(await redis.script({ script: commitScript, ...stranger }), [3]);
  const store = await openStore(t, url);
  assert.deepEqual(
    (await store.read('k', 'a')).map(({ event }) => event),
    ['1', '2', '3'],
  );
  assert.deepEqual(await store.check().then(({ events, documents }) => [events, documents]), [3, 1]);
});

test('fabrics with different prefixes do not see each other', needed, async (t) => {
  const { url } = await startRedis(t);
  const [one, other] = [await openStore(t, url, 'one'), await openStore(t, url, 'other')];
  await one.commit(append('a', 0, '1'));
  assert.deepEqual(await other.read('k', 'a'), []);
  await other.commit(append('a', 0, '2'));
});

test('a thousand finished tasks take a modest part of the memory of Redis', needed, async (t) => {
  const { url } = await startRedis(t);
  const store = await openStore(t, url);
  const event = JSON.stringify({ text: 'x'.repeat(200) });
  const run = (n: number): Promise<unknown> =>
    store.commit(append(`task-${n}`, 0, event, event)).then(() => store.commit(append(`task-${n}`, 2, event, event)));
  const runThousand = (first: number): Promise<unknown> =>
    Promise.all(Array.from({ length: 1_000 }, (_, n) => run(first + n)));
  // What the shards cost once is no part of it.
  await runThousand(0);
  const before = (await store.check()).bytes;
  await runThousand(1_000);
  const each = ((await store.check()).bytes - before) / 1_000;
  t.diagnostic(`${Math.round(each)} bytes for a journal of 4 events of ${event.length} bytes`);
  assert.ok(each < 4 * event.length + 1_000, `${each} bytes`);
});

async function openTwo(t: TestContext): Promise<readonly [Store, Store]> {
  const { url } = await startRedis(t);
  return [await openStore(t, url), await openStore(t, url)];
}

async function openStore(t: TestContext, url: string, prefix = 'parley'): Promise<Store> {
  const store = await openRedisStore({ url, schema, prefix });
  t.after(() => store.close());
  return store;
}

function append(key: string, expectedVersion: number, ...events: readonly string[]): Commit {
  return { key, append: { kind: 'k', expectedVersion, events } };
}
