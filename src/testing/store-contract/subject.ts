import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, hasCode } from '../../base/index.ts';
import type { Commit, Query, Store, StoreSchema } from '../../store/index.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';

/** An empty store under test. */
export interface StoreSubject {
  readonly store: Store;
  /** Closes the store and opens it again on the same data. */
  reopen(): Promise<Store>;
  /** Closes what is open and removes the data. */
  destroy(): Promise<void>;
}

/** How an adapter makes an empty store for one test. */
export type OpenSubject = (setup: {
  readonly schema: StoreSchema;
  readonly clock: ManualClock;
}) => Promise<StoreSubject>;

/** What one test of a contract works with. */
export interface StoreTestContext extends StoreSubject {
  readonly clock: ManualClock;
}

/** Registers one test on a store of its own. */
export type StoreTest = (sentence: string, run: (context: StoreTestContext) => Promise<void>) => void;

/** The collections that the contract's tests use. */
const contractSchema: StoreSchema = {
  collections: { tasks: { indexes: ['state', 'owner'], maxExpiring: 5 }, keys: { indexes: [] } },
};

/** Tests whose names begin with the adapter's, each with an empty store that is removed afterwards. */
export function createStoreTest(name: string, open: OpenSubject): StoreTest {
  return (sentence, run) => {
    test(`${name}: ${sentence}`, async () => {
      const clock = createManualClock();
      const subject = await open({ schema: contractSchema, clock });
      try {
        await run({ ...subject, clock });
      } finally {
        await subject.destroy();
      }
    });
  };
}

/** A commit that appends to the journal `task`. */
export function append(key: string, expectedVersion: number, ...events: readonly string[]): Commit {
  return { key, append: { kind: 'task', expectedVersion, events } };
}

/** A commit that puts a task's document, indexed by its state. */
export function put(key: string, equals: string, sort: string): Commit {
  return { key, documents: [{ collection: 'tasks', value: `{"k":"${key}"}`, indexes: { state: { equals, sort } } }] };
}

/** The first ten documents by state, in ascending order, unless `more` says otherwise. */
export function byState(equals: string, more: Partial<Query> = {}): Query {
  return { collection: 'tasks', index: 'state', equals, order: 'ascending', limit: 10, ...more };
}

/** The keys of a page. */
export async function keysOf(store: Store, query: Query): Promise<readonly string[]> {
  const { documents } = await store.find(query);
  return documents.map(({ key }) => key);
}

/** The texts of a journal. */
export async function textsOf(store: Store, kind: string, key: string): Promise<readonly string[]> {
  const events = await store.read(kind, key);
  return events.map(({ event }) => event);
}

/** Passes when the promise rejects with a ParleyError of that code. */
export async function rejectsWith(promise: Promise<unknown>, code: ErrorCode): Promise<void> {
  await assert.rejects(promise, (thrown) => {
    assert.ok(hasCode(thrown, code), `expected ${code}, got ${String(thrown)}`);
    return true;
  });
}

/** Moves the clock, and lets the store work, until the condition holds; fails when it never does. */
export async function eventually({ store, clock }: StoreTestContext, holds: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (await holds()) return;
    await clock.advance(1_000);
    await store.check();
  }
  assert.fail('the condition did not come true');
}
