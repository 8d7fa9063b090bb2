import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { deferred, silentLogger, systemClock } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { createInboxes, followInbox, inboxJournal } from './node-inbox.ts';

const nodeId = 'a';

async function openStore(t: TestContext): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-inbox-'));
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema: { collections: {} } });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

interface Following {
  readonly attended: readonly string[];
  /** Resolves when that task has been attended to. */
  seen(taskId: string): Promise<void>;
}

/** `tasks`: those that the node has. */
function follow(t: TestContext, store: Store, limit: number, tasks: readonly string[]): Following {
  const attended: string[] = [];
  const waiting = new Map<string, () => void>();
  const stop = new AbortController();
  const attend = async (taskId: string): Promise<void> => {
    attended.push(taskId);
    waiting.get(taskId)?.();
  };
  const parts = { store, clock: systemClock, logger: silentLogger, signal: stop.signal };
  const following = followInbox({ ...parts, nodeId, attend, taskIds: () => tasks, limit });
  t.after(async () => {
    stop.abort();
    await following;
  });
  return {
    attended,
    seen(taskId) {
      const { promise, resolve } = deferred<void>();
      if (attended.includes(taskId)) resolve();
      else waiting.set(taskId, () => resolve());
      return promise;
    },
  };
}

test('an inbox does not grow beyond its limit, and no name that is put into it is missed', async (t) => {
  const store = await openStore(t);
  const names: string[] = [];
  const { attended, seen } = follow(t, store, 5, names);
  const inboxes = [createInboxes({ store }), createInboxes({ store })];
  for (let n = 0; n < 40; n++) {
    const name = `task-${n}`;
    names.push(name);
    await inboxes[n % 2]?.put(nodeId, name);
    await seen(name);
  }
  assert.deepEqual(
    names.filter((name) => !attended.includes(name)),
    [],
  );
  const { length } = await store.read(inboxJournal, nodeId);
  assert.ok(length <= 5, `${length} names are left`);
});

test('with every emptying all tasks of the node are looked at: a name that came just then may be gone', async (t) => {
  const store = await openStore(t);
  const { seen } = follow(t, store, 2, ['open']);
  const { put } = createInboxes({ store });
  for (const name of ['one', 'two']) await put(nodeId, name);
  await seen('open');
});
