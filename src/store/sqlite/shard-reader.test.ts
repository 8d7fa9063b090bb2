import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createManualClock, type ManualClock } from '../../testing/index.ts';
import { type Store, shardOf } from '../port.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const schema = { collections: {} };
const shard = 7;
/** More than one batch of `shard_position`, so that a walk crosses from the file's index to the positions in memory. */
const journals = 10_000;

async function commitJournals(store: Store, first: number, count: number): Promise<void> {
  const keys = Array.from({ length: count }, (_, index) => `k${first + index}`);
  await Promise.all(
    keys.map((key) => store.commit({ key, append: { kind: 'task', expectedVersion: 0, events: [`"${key}"`, '2'] } })),
  );
}

/** One round of the background work; its answer is waited for. */
async function maintain(store: Store, clock: ManualClock): Promise<void> {
  await clock.advance(1_000);
  await store.check();
}

async function walk(store: Store, from = ''): Promise<readonly string[]> {
  const seen: string[] = [];
  let position = from;
  for (let page = await store.readShard(shard, position, 7); page.events.length > 0; ) {
    for (const { key, sequence } of page.events) seen.push(`${key} ${sequence}`);
    position = page.position;
    page = await store.readShard(shard, position, 7);
  }
  return seen;
}

function expected(count: number, without: readonly string[] = []): readonly string[] {
  const keys = Array.from({ length: count }, (_, index) => `k${index}`);
  const own = keys.filter((key) => shardOf(key) === shard && !without.includes(key));
  return own.flatMap((key) => [`${key} 1`, `${key} 2`]);
}

test('a shard reads the same whether its positions are in memory, in the file, or in both', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-shard-'));
  const file = join(folder, 'store.sqlite');
  const clock = createManualClock();
  let store = await openSqliteStore({ file, schema, clock });
  assert.deepEqual(await walk(store), []);
  await commitJournals(store, 0, journals);
  assert.deepEqual(await walk(store), expected(journals));
  await maintain(store, clock);
  assert.deepEqual(await walk(store), expected(journals));
  await commitJournals(store, journals, 500);
  assert.deepEqual(await walk(store), expected(journals + 500));
  const [dropped = ''] = expected(journals)[4]?.split(' ') ?? [];
  await store.commit({ key: dropped, dropJournal: 'task' });
  await store.close();
  store = await openSqliteStore({ file, schema, clock });
  assert.deepEqual(await walk(store), expected(journals + 500, [dropped]));
  await store.close();
  await rm(folder, { recursive: true });
});
