import assert from 'node:assert/strict';
import type { Query, Store } from '../../store/index.ts';
import { byState, keysOf, put, rejectsWith, type StoreTest, textsOf } from './subject.ts';

/** Documents and the indexes they are found by. */
export function documentContract(storeTest: StoreTest): void {
  changeContract(storeTest);
  findContract(storeTest);
  pageContract(storeTest);
}

function changeContract(storeTest: StoreTest): void {
  storeTest('a document is there, is replaced, and is gone', async ({ store }) => {
    await store.commit({ key: 'a', documents: [{ collection: 'keys', value: '1' }] });
    await store.commit({ key: 'a', documents: [{ collection: 'keys', value: '2' }] });
    assert.deepEqual(await store.get('keys', 'a'), { key: 'a', value: '2' });
    await store.commit({ key: 'a', documents: [{ collection: 'keys' }] });
    assert.equal(await store.get('keys', 'a'), undefined);
  });

  storeTest('a document that must be absent and is not refuses the whole commit', async ({ store }) => {
    const reserve = (value: string): Promise<void> =>
      store.commit({
        key: 'a',
        append: { kind: 'log', expectedVersion: 0, events: [value] },
        documents: [{ collection: 'keys', value, expect: 'absent' }],
      });
    const [first, second] = await Promise.allSettled([reserve('1'), reserve('2')]);
    assert.equal(first?.status, 'fulfilled');
    assert.equal(second?.status, 'rejected');
    await rejectsWith(
      store.commit({ key: 'a', documents: [{ collection: 'keys', value: '3', expect: 'absent' }] }),
      'VERSION_CONFLICT',
    );
    assert.equal((await store.get('keys', 'a'))?.value, '1');
    assert.deepEqual(await textsOf(store, 'log', 'a'), ['1']);
  });

  storeTest('a document changes its place in an index, and leaves those it no longer names', async ({ store }) => {
    await store.commit(put('a', 'working', '1'));
    await store.commit(put('a', 'done', '2'));
    assert.deepEqual(await keysOf(store, byState('working')), []);
    assert.deepEqual(await keysOf(store, byState('done')), ['a']);
    await store.commit({ key: 'a', documents: [{ collection: 'tasks', value: '{}' }] });
    assert.deepEqual(await keysOf(store, byState('done')), []);
    assert.equal((await store.get('tasks', 'a'))?.value, '{}');
  });

  storeTest(
    'a collection or index that is not declared is refused, and the commits beside it go through',
    async ({ store }) => {
      const good = store.commit(put('a', 'x', '1'));
      const indexes = { colour: { equals: 'x', sort: '1' } };
      await rejectsWith(
        store.commit({ key: 'b', documents: [{ collection: 'ships', value: '{}' }] }),
        'INVALID_PARAMS',
      );
      await rejectsWith(
        store.commit({ key: 'b', documents: [{ collection: 'tasks', value: '{}', indexes }] }),
        'INVALID_PARAMS',
      );
      await rejectsWith(store.find(byState('x', { index: 'colour' })), 'INVALID_PARAMS');
      await good;
      assert.deepEqual(await keysOf(store, byState('x')), ['a']);
    },
  );
}

function findContract(storeTest: StoreTest): void {
  storeTest('documents come in the order of their sort value, then of their key, both ways', async ({ store }) => {
    await Promise.all(
      [put('c', 'x', '2'), put('a', 'x', '2'), put('b', 'x', '1'), put('d', 'y', '0')].map(commit(store)),
    );
    assert.deepEqual(await keysOf(store, byState('x')), ['b', 'a', 'c']);
    assert.deepEqual(await keysOf(store, byState('x', { order: 'descending' })), ['c', 'a', 'b']);
    assert.deepEqual(await keysOf(store, byState('z')), []);
  });

  storeTest('from leaves out what is ordered before it, in both orders and in the count', async ({ store }) => {
    await Promise.all(['1', '2', '3', '4'].map((sort) => store.commit(put(`k${sort}`, 'x', sort))));
    assert.deepEqual(await keysOf(store, byState('x', { from: '3' })), ['k3', 'k4']);
    assert.deepEqual(await keysOf(store, byState('x', { from: '3', order: 'descending' })), ['k4', 'k3']);
    assert.equal((await store.find(byState('x', { from: '3', limit: 1, count: true }))).total, 2);
    assert.equal((await store.find(byState('x', { limit: 1, count: true }))).total, 4);
    assert.equal((await store.find(byState('x'))).total, undefined);
  });
}

function pageContract(storeTest: StoreTest): void {
  for (const order of ['ascending', 'descending'] as const) {
    storeTest(`pages in ${order} order give everything once, though others write meanwhile`, async ({ store }) => {
      const keys = Array.from({ length: 23 }, (_, index) => `k${String(index).padStart(2, '0')}`);
      await Promise.all(keys.map((key, index) => store.commit(put(key, 'x', String(Math.floor(index / 5))))));
      const seen = await walk(store, byState('x', { order, limit: 4 }), () => store.commit(put('late', 'x', '')));
      const expected = order === 'ascending' ? keys : [...keys].reverse();
      assert.deepEqual(
        seen.filter((key) => key !== 'late'),
        expected,
      );
    });
  }

  storeTest('the last page has no cursor, also when it is full', async ({ store }) => {
    await Promise.all(['a', 'b'].map((key) => store.commit(put(key, 'x', '1'))));
    const page = await store.find(byState('x', { limit: 2 }));
    assert.equal(page.documents.length, 2);
    assert.equal(page.cursor, undefined);
  });

  storeTest('a cursor that is not one of ours is refused', async ({ store }) => {
    await rejectsWith(store.find(byState('x', { cursor: '%%%' })), 'INVALID_PARAMS');
  });
}

function commit(store: Store): (change: Parameters<Store['commit']>[0]) => Promise<void> {
  return (change) => store.commit(change);
}

/** The keys of all pages; `between` runs after each. */
async function walk(store: Store, query: Query, between: () => Promise<void>): Promise<readonly string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.find({ ...query, ...(cursor !== undefined && { cursor }) });
    keys.push(...page.documents.map(({ key }) => key));
    cursor = page.cursor;
    await between();
  } while (cursor !== undefined);
  return keys;
}
