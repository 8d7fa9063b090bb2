import assert from 'node:assert/strict';
import type { Commit, Lease, Store } from '../../store/index.ts';
import { append, rejectsWith, type StoreTest, textsOf } from './subject.ts';

/** Leases, their epochs, and the commits they fence. */
export function leaseContract(storeTest: StoreTest): void {
  storeTest('one holder at a time has a lease, until it releases it', async ({ store }) => {
    const first = await take(store, 'one', 1_000);
    assert.equal(await store.acquireLease('l', 'two', 1_000), undefined);
    assert.equal((await take(store, 'one', 1_000)).epoch, first.epoch);
    await first.release();
    const second = await take(store, 'two', 1_000);
    assert.ok(second.epoch > first.epoch);
    assert.equal(await first.renew(), false);
  });

  storeTest(
    'a lease that ran out is taken by another with a higher epoch; one that is renewed is not',
    async (context) => {
      const { store, clock } = context;
      const first = await take(store, 'one', 1_000);
      await clock.advance(900);
      assert.equal(await first.renew(), true);
      await clock.advance(900);
      assert.equal(await store.acquireLease('l', 'two', 1_000), undefined);
      await clock.advance(100);
      const second = await take(store, 'two', 1_000);
      assert.ok(second.epoch > first.epoch);
      assert.equal(await first.renew(), false);
    },
  );

  storeTest('a commit whose lease was lost is refused and writes nothing', async ({ store, clock }) => {
    const first = await take(store, 'one', 1_000);
    await store.commit(fenced(first, 0, '1'));
    await clock.advance(1_000);
    const second = await take(store, 'two', 1_000);
    await rejectsWith(store.commit(fenced(first, 1, 'late')), 'FENCED');
    await store.commit(fenced(second, 1, '2'));
    await second.release();
    await rejectsWith(store.commit(fenced(second, 2, 'released')), 'FENCED');
    assert.deepEqual(await textsOf(store, 'task', 'a'), ['1', '2']);
  });

  storeTest('epochs go on when the store is opened again', async (context) => {
    const first = await take(context.store, 'one', 1_000);
    await first.release();
    const again = await take(await context.reopen(), 'two', 1_000);
    assert.ok(again.epoch > first.epoch);
  });
}

async function take(store: Store, holder: string, ttlMs: number): Promise<Lease> {
  const lease = await store.acquireLease('l', holder, ttlMs);
  assert.ok(lease, `${holder} did not get the lease`);
  return lease;
}

function fenced({ epoch }: Lease, version: number, event: string): Commit {
  return { ...append('a', version, event), fence: { lease: 'l', epoch } };
}
