import assert from 'node:assert/strict';
import type { Commit } from '../../store/index.ts';
import { byState, eventually, keysOf, type StoreTest, textsOf } from './subject.ts';

/** Expiry, overflow, and what goes with an expired document. */
export function expiryContract(storeTest: StoreTest): void {
  storeTest('an expired document is hidden from its first millisecond on', async ({ store, clock }) => {
    await store.commit(finished('a', clock.now() + 10));
    await clock.advance(9);
    assert.deepEqual(await keysOf(store, byState('done')), ['a']);
    await clock.advance(1);
    assert.equal(await store.get('tasks', 'a'), undefined);
    assert.deepEqual(await store.find(byState('done', { count: true })), { documents: [], total: 0 });
  });

  storeTest('an expired document is no obstacle to one that must be absent', async ({ store, clock }) => {
    const reserve = (value: string): Commit => ({
      key: 'a',
      documents: [{ collection: 'keys', value, expect: 'absent', expiresAtMs: clock.now() + 10 }],
    });
    await store.commit(reserve('1'));
    await clock.advance(10);
    await store.commit(reserve('2'));
    assert.equal((await store.get('keys', 'a'))?.value, '2');
  });

  storeTest(
    'an expired document is removed in the background, with the journal it owns and no other',
    async (context) => {
      const { store, clock } = context;
      await store.commit(finished('a', clock.now() + 10));
      await store.commit({ key: 'a', append: { kind: 'audit', expectedVersion: 0, events: ['9'] } });
      await store.commit(finished('b', clock.now() + 1e9));
      await eventually(context, async () => (await store.check()).documents === 1);
      assert.deepEqual(await textsOf(store, 'task', 'a'), []);
      assert.deepEqual(await textsOf(store, 'audit', 'a'), ['9']);
      assert.deepEqual(await textsOf(store, 'task', 'b'), ['1']);
      assert.equal((await store.check()).events, 2);
    },
  );

  storeTest(
    'of the expiring documents only the newest so many are kept; those that do not expire do not count',
    async (context) => {
      const { store, clock } = context;
      const soon = clock.now() + 1e9;
      const live = { collection: 'tasks', value: '{}', indexes: { state: { equals: 'done', sort: 'live' } } };
      await store.commit({ key: 'live', documents: [live] });
      const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      await Promise.all(keys.map((key, index) => store.commit(finished(key, soon + index))));
      await eventually(context, async () => (await store.check()).documents === 6);
      assert.deepEqual(await keysOf(store, byState('done')), ['d', 'e', 'f', 'g', 'h', 'live']);
      assert.deepEqual(await textsOf(store, 'task', 'a'), []);
    },
  );

  storeTest('a document that is put again without expiry stays', async (context) => {
    const { store, clock } = context;
    await store.commit(finished('a', clock.now() + 10));
    await store.commit({ key: 'a', documents: [{ collection: 'tasks', value: '{"again":true}' }] });
    await store.commit(finished('b', clock.now() + 10));
    await eventually(context, async () => (await store.check()).documents === 1);
    assert.equal((await store.get('tasks', 'a'))?.value, '{"again":true}');
    assert.deepEqual(await textsOf(store, 'task', 'a'), ['1']);
  });
}

function finished(key: string, expiresAtMs: number): Commit {
  return {
    key,
    append: { kind: 'task', expectedVersion: 0, events: ['1'] },
    documents: [
      {
        collection: 'tasks',
        value: '{}',
        indexes: { state: { equals: 'done', sort: key } },
        expiresAtMs,
        ownsJournal: 'task',
      },
    ],
  };
}
