import assert from 'node:assert/strict';
import { append, rejectsWith, type StoreTest, textsOf } from './subject.ts';

/** Journals: versions, order, atomicity, removal. */
export function journalContract(storeTest: StoreTest): void {
  appendingContract(storeTest);
  conflictContract(storeTest);
  lifeContract(storeTest);
}

function appendingContract(storeTest: StoreTest): void {
  storeTest(
    'events are numbered 1, 2, 3 in the order of their commits and carry the time of the commit',
    async (context) => {
      const { store, clock } = context;
      await store.commit(append('a', 0, '{"n":1}', '{"n":2}'));
      const [first] = [clock.now()];
      await clock.advance(5);
      await store.commit(append('a', 2, '{"n":3}'));
      assert.deepEqual(await store.read('task', 'a'), [
        { sequence: 1, atMs: first, event: '{"n":1}' },
        { sequence: 2, atMs: first, event: '{"n":2}' },
        { sequence: 3, atMs: first + 5, event: '{"n":3}' },
      ]);
    },
  );

  storeTest('a reader gets what is behind its place, and no more than it asked for', async ({ store }) => {
    await store.commit(append('a', 0, '1', '2', '3', '4'));
    await store.commit(append('a', 4, '5', '6'));
    const sequences = async (after: number, limit?: number): Promise<number[]> =>
      (await store.read('task', 'a', after, limit)).map(({ sequence }) => sequence);
    assert.deepEqual(await sequences(2, 3), [3, 4, 5]);
    assert.deepEqual(await sequences(5), [6]);
    assert.deepEqual(await sequences(6), []);
    assert.deepEqual(await store.read('task', 'nobody'), []);
  });

  storeTest('one key has one journal of each kind', async ({ store }) => {
    await store.commit(append('a', 0, '1'));
    await store.commit({ key: 'a', append: { kind: 'audit', expectedVersion: 0, events: ['9'] } });
    assert.deepEqual(await textsOf(store, 'task', 'a'), ['1']);
    assert.deepEqual(await textsOf(store, 'audit', 'a'), ['9']);
  });

  storeTest('the text of an event comes back as it was', async ({ store }) => {
    const texts = ['"é 漢字 😀 \\u0000 \\n"', ' [1,\n2] ', JSON.stringify('x'.repeat(1_000_000))];
    await store.commit(append('a', 0, ...texts));
    assert.deepEqual(await textsOf(store, 'task', 'a'), texts);
  });

  storeTest(
    'commits on one key that do not wait for one another are applied in the order of the calls',
    async ({ store }) => {
      const count = 500;
      await Promise.all(Array.from({ length: count }, (_, index) => store.commit(append('a', index, String(index)))));
      const texts = await textsOf(store, 'task', 'a');
      assert.deepEqual(
        texts,
        Array.from({ length: count }, (_, index) => String(index)),
      );
    },
  );
}

function conflictContract(storeTest: StoreTest): void {
  storeTest('a commit on a version that has passed writes nothing of itself', async ({ store }) => {
    await store.commit(append('a', 0, '1'));
    const late = {
      ...append('a', 0, '2'),
      documents: [{ collection: 'keys', value: '{}' }],
      timers: [{ name: 't', dueAtMs: 0 }],
    };
    await rejectsWith(store.commit(late), 'VERSION_CONFLICT');
    await rejectsWith(store.commit(append('a', 2, '3')), 'VERSION_CONFLICT');
    assert.deepEqual(await textsOf(store, 'task', 'a'), ['1']);
    assert.equal(await store.get('keys', 'a'), undefined);
    assert.deepEqual(await store.dueTimers(Number.MAX_SAFE_INTEGER, 10), []);
  });

  storeTest(
    'of many commits on one version exactly one wins, and commits on other keys are not harmed',
    async ({ store }) => {
      const rivals = Array.from({ length: 30 }, (_, index) => store.commit(append('a', 0, String(index))));
      const others = Array.from({ length: 30 }, (_, index) => store.commit(append(`b${index}`, 0, '1')));
      const outcomes = await Promise.allSettled(rivals);
      await Promise.all(others);
      const winner = outcomes.findIndex(({ status }) => status === 'fulfilled');
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
      assert.deepEqual(await textsOf(store, 'task', 'a'), [String(winner)]);
      assert.deepEqual(await textsOf(store, 'task', 'b29'), ['1']);
    },
  );

  storeTest('an append without events only checks the version', async ({ store }) => {
    await store.commit(append('a', 0));
    await rejectsWith(store.commit(append('a', 1)), 'VERSION_CONFLICT');
    assert.deepEqual(await store.read('task', 'a'), []);
  });
}

function lifeContract(storeTest: StoreTest): void {
  storeTest('a dropped journal is gone, its namesakes stay, and a new one begins at 1', async ({ store }) => {
    await store.commit(append('a', 0, '1', '2'));
    await store.commit({ key: 'a', append: { kind: 'audit', expectedVersion: 0, events: ['9'] } });
    await store.commit(append('b', 0, '1'));
    await store.commit({ key: 'a', dropJournal: 'task' });
    assert.deepEqual(await store.read('task', 'a'), []);
    assert.deepEqual(await textsOf(store, 'audit', 'a'), ['9']);
    assert.deepEqual(await textsOf(store, 'task', 'b'), ['1']);
    await store.commit(append('a', 0, 'new'));
    assert.deepEqual(
      (await store.read('task', 'a')).map(({ sequence }) => sequence),
      [1],
    );
  });

  storeTest('what was committed is there after the store was opened again, and versions go on', async (context) => {
    await context.store.commit(append('a', 0, '1'));
    const store = await context.reopen();
    await rejectsWith(store.commit(append('a', 0, 'x')), 'VERSION_CONFLICT');
    await store.commit(append('a', 1, '2'));
    assert.deepEqual(await textsOf(store, 'task', 'a'), ['1', '2']);
  });

  storeTest('close waits for the commits under way; afterwards every call says STORE_CLOSED', async (context) => {
    const { store } = context;
    const underWay = [append('a', 0, '1'), append('b', 0, '1')].map((commit) => store.commit(commit));
    await store.close();
    await Promise.all(underWay);
    await rejectsWith(store.commit(append('c', 0, '1')), 'STORE_CLOSED');
    await rejectsWith(store.read('task', 'a'), 'STORE_CLOSED');
    await rejectsWith(store.acquireLease('l', 'h', 1), 'STORE_CLOSED');
    await rejectsWith(store.check(), 'STORE_CLOSED');
    await store.close();
    assert.deepEqual(await textsOf(await context.reopen(), 'task', 'b'), ['1']);
  });

  storeTest('the figures count events and documents, also after they went', async ({ store }) => {
    await store.commit({ ...append('a', 0, '1', '2'), documents: [{ collection: 'keys', value: '{}' }] });
    await store.commit(append('b', 0, '1'));
    const full = await store.check();
    assert.deepEqual([full.events, full.documents], [3, 1]);
    assert.ok(full.bytes > 0);
    await store.commit({ key: 'a', dropJournal: 'task', documents: [{ collection: 'keys' }] });
    const { events, documents } = await store.check();
    assert.deepEqual([events, documents], [1, 0]);
  });
}
