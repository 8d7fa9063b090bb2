import assert from 'node:assert/strict';
import { type ShardPage, type Store, shardOf } from '../../store/index.ts';
import { append, type StoreTest } from './subject.ts';

/** Reading all journals of one shard in commit order. */
export function shardContract(storeTest: StoreTest): void {
  storeTest(
    'a shard gives the events of all its journals in commit order, page by page, and of no other',
    async ({ store }) => {
      const [a, b] = twins();
      await store.commit(append(a, 0, 'a1', 'a2', 'a3'));
      await store.commit(append(stranger(a), 0, 'x'));
      await store.commit(append(b, 0, 'b1'));
      await store.commit({ key: a, append: { kind: 'audit', expectedVersion: 0, events: ['audit'] } });
      await store.commit(append(a, 3, 'a4'));
      for (const limit of [1, 2, 100]) {
        assert.deepEqual(await walkShard(store, shardOf(a), limit), ['a1', 'a2', 'a3', 'b1', 'audit', 'a4']);
      }
      const { events } = await store.readShard(shardOf(a), '', 1);
      assert.deepEqual([events[0]?.kind, events[0]?.key, events[0]?.sequence], ['task', a, 1]);
    },
  );

  storeTest('a page without events ends where it began, and what comes later is behind it', async ({ store }) => {
    const [a, b] = twins();
    const shard = shardOf(a);
    assert.deepEqual(await store.readShard(shard, '', 10), { events: [], position: '' });
    await store.commit(append(a, 0, '1'));
    const { position } = await store.readShard(shard, '', 10);
    assert.deepEqual(await store.readShard(shard, position, 10), { events: [], position });
    await store.commit(append(b, 0, '2'));
    assert.deepEqual(texts(await store.readShard(shard, position, 10)), ['2']);
  });

  storeTest(
    'a position holds after the store was opened again, also when the newest journal is gone',
    async (context) => {
      const [a, b] = twins();
      const shard = shardOf(a);
      await context.store.commit(append(a, 0, '1'));
      await context.store.commit(append(b, 0, '2'));
      const { position } = await context.store.readShard(shard, '', 10);
      await context.store.commit({ key: b, dropJournal: 'task' });
      const store = await context.reopen();
      assert.deepEqual(await walkShard(store, shard, 10), ['1']);
      await store.commit(append(b, 0, 'again'));
      assert.deepEqual(texts(await store.readShard(shard, position, 10)), ['again']);
    },
  );
}

/** Two keys of one shard. */
function twins(): readonly [string, string] {
  return ['k', keyThat((key) => shardOf(key) === shardOf('k'))];
}

function stranger(key: string): string {
  return keyThat((other) => shardOf(other) !== shardOf(key));
}

function keyThat(fits: (key: string) => boolean): string {
  for (let index = 0; ; index++) if (fits(`k${index}`)) return `k${index}`;
}

function texts(page: ShardPage): readonly string[] {
  return page.events.map(({ event }) => event);
}

async function walkShard(store: Store, shard: number, limit: number): Promise<readonly string[]> {
  const seen: string[] = [];
  let position = '';
  while (true) {
    const page = await store.readShard(shard, position, limit);
    assert.ok(page.events.length <= limit);
    if (page.events.length === 0) return seen;
    seen.push(...texts(page));
    position = page.position;
  }
}
