import assert from 'node:assert/strict';
import type { Store } from '../../store/index.ts';
import { append, type StoreTest } from './subject.ts';

/** Following a journal live. */
export function tailContract(storeTest: StoreTest): void {
  storeTest('a tail gives what is there, then what comes, each event once and in order', async ({ store }) => {
    await store.commit(append('a', 0, '1', '2', '3'));
    const taken = take(store, 1, 5);
    await store.commit(append('a', 3, '4'));
    await store.commit(append('b', 0, 'x'));
    await store.commit(append('a', 4, '5', '6'));
    assert.deepEqual(await taken, ['2', '3', '4', '5', '6']);
  });

  storeTest('a tail of a journal that is not there yet waits for it', async ({ store }) => {
    const tails = [take(store, 0, 1), take(store, 0, 1)];
    await store.commit(append('a', 0, '1'));
    assert.deepEqual(await Promise.all(tails), [['1'], ['1']]);
  });

  storeTest('a tail that begins behind the newest event gives only what comes after its place', async ({ store }) => {
    const taken = take(store, 2, 1);
    await store.commit(append('a', 0, '1'));
    await store.commit(append('a', 1, '2', '3'));
    assert.deepEqual(await taken, ['3']);
  });

  storeTest('a reader that stopped for thousands of events misses none and gets none twice', async ({ store }) => {
    const count = 5_000;
    const stop = new AbortController();
    const iterator = store.tail('task', 'a', 0, stop.signal)[Symbol.asyncIterator]();
    await store.commit(append('a', 0, '0'));
    const seen = ((await iterator.next()).value ?? []).map(({ event }: { event: string }) => event);
    await Promise.all(Array.from({ length: count }, (_, n) => store.commit(append('a', n + 1, String(n + 1)))));
    while (seen.length <= count) {
      const { value = [] } = await iterator.next();
      for (const { event } of value) seen.push(event);
    }
    stop.abort();
    assert.deepEqual(
      seen,
      Array.from({ length: count + 1 }, (_, n) => String(n)),
    );
    assert.equal((await iterator.next()).done, true);
  });

  storeTest('a tail ends without an error when its signal aborts, waiting or not yet begun', async ({ store }) => {
    const stop = new AbortController();
    const waiting = store.tail('task', 'a', 0, stop.signal)[Symbol.asyncIterator]().next();
    await store.commit(append('b', 0, '1'));
    stop.abort();
    assert.equal((await waiting).done, true);
    for await (const _ of store.tail('task', 'b', 0, stop.signal)) assert.fail('came after the abort');
  });
}

/** The first `count` events of journal `a` behind `after`; fails when there are more than were committed. */
async function take(store: Store, after: number, count: number): Promise<readonly string[]> {
  const stop = new AbortController();
  const texts: string[] = [];
  for await (const events of store.tail('task', 'a', after, stop.signal)) {
    for (const { event } of events) texts.push(event);
    if (texts.length >= count) stop.abort();
  }
  return texts;
}
