import assert from 'node:assert/strict';
import type { Store } from '../../store/index.ts';
import type { StoreTest } from './subject.ts';

/** Timers that are part of commits. */
export function timerContract(storeTest: StoreTest): void {
  storeTest('timers are due from their time on, oldest first, with their payload', async ({ store }) => {
    await store.commit({ key: 'b', timers: [{ name: 'retry', dueAtMs: 20, payload: '{"n":1}' }] });
    await store.commit({
      key: 'a',
      timers: [
        { name: 'deadline', dueAtMs: 10 },
        { name: 'later', dueAtMs: 99 },
      ],
    });
    assert.deepEqual(await store.dueTimers(9, 10), []);
    assert.deepEqual(await names(store, 20), ['a deadline', 'b retry']);
    assert.deepEqual(await store.dueTimers(20, 1), [{ key: 'a', name: 'deadline', dueAtMs: 10, payload: '' }]);
    assert.equal((await store.dueTimers(20, 10))[1]?.payload, '{"n":1}');
  });

  storeTest('a timer stays due until a commit on its key moves or clears it', async (context) => {
    await context.store.commit({
      key: 'a',
      timers: [
        { name: 't', dueAtMs: 10 },
        { name: 'u', dueAtMs: 10 },
      ],
    });
    assert.equal((await context.store.dueTimers(10, 10)).length, 2);
    const store = await context.reopen();
    await store.commit({ key: 'a', timers: [{ name: 't', dueAtMs: 30 }, { name: 'u' }] });
    assert.deepEqual(await names(store, 29), []);
    assert.deepEqual(await names(store, 30), ['a t']);
  });
}

async function names(store: Store, nowMs: number): Promise<readonly string[]> {
  const timers = await store.dueTimers(nowMs, 10);
  return timers.map(({ key, name }) => `${key} ${name}`);
}
