import assert from 'node:assert/strict';
import { hasCode } from '../../src/base/index.ts';
import type { Store } from '../../src/store/index.ts';

/** Writers that append to a journal each, one event after the other, and remember what was acknowledged. */
export interface AppendLoad {
  /** So many appends were acknowledged until now. */
  readonly acknowledged: () => number;
  /** So many failed, though they may have been carried out. */
  readonly unacknowledged: () => number;
  /** Ends the writers; resolves when each has finished its last append. */
  stop(): Promise<void>;
  /** Fails when something acknowledged is missing, or anything is there twice or out of order. */
  verify(store: Store): Promise<void>;
}

const kind = 'load';

/** Starts a writer for each key. An append that fails with UNAVAILABLE is tried again on the version that is there. */
export function startAppendLoad(store: Store, keys: readonly string[]): AppendLoad {
  const acknowledged = new Map<string, string[]>(keys.map((key) => [key, []]));
  const failures: unknown[] = [];
  let unacknowledged = 0;
  let isStopping = false;

  async function write(key: string): Promise<void> {
    for (let n = 0, version = 0; !isStopping; n++) {
      const event = JSON.stringify({ key, n });
      try {
        await store.commit({ key, append: { kind, expectedVersion: version, events: [event] } });
        acknowledged.get(key)?.push(event);
        version++;
      } catch (thrown) {
        if (!hasCode(thrown, 'UNAVAILABLE')) throw thrown;
        unacknowledged++;
        version = await versionOf(key);
      }
    }
  }

  async function versionOf(key: string): Promise<number> {
    while (!isStopping) {
      const events = await store.read(kind, key, 0, 1_000_000).catch(() => undefined);
      if (events) return events.length;
    }
    return 0;
  }

  const writers = keys.map((key) => write(key).catch((thrown: unknown) => failures.push(thrown)));
  return {
    acknowledged: () => [...acknowledged.values()].reduce((sum, events) => sum + events.length, 0),
    unacknowledged: () => unacknowledged,
    async stop() {
      isStopping = true;
      await Promise.all(writers);
    },
    async verify(reader) {
      assert.deepEqual(failures, []);
      for (const [key, events] of acknowledged) {
        const found = (await reader.read(kind, key, 0, 1_000_000)).map(({ event }) => event);
        const numbers = found.map((event) => (JSON.parse(event) as { n: number }).n);
        assert.deepEqual(
          numbers,
          [...new Set(numbers)].sort((a, b) => a - b),
          `${key}: twice or out of order`,
        );
        const there = new Set(found);
        assert.deepEqual(
          events.filter((event) => !there.has(event)),
          [],
          `${key}: acknowledged and lost`,
        );
      }
    },
  };
}
