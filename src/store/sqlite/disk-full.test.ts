import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { hasCode } from '../../base/index.ts';
import type { Store } from '../port.ts';
import { openSqliteStore } from './open-sqlite-store.ts';

const schema = { collections: { heads: { indexes: [] } } };
const event = JSON.stringify('x'.repeat(64 * 1024));
const limitBytes = 4 * 1024 * 1024;

function appendTo(store: Store, key: string): Promise<void> {
  const head = { collection: 'heads', value: '1' };
  return store.commit({ key, append: { kind: 'task', expectedVersion: 0, events: [event, event] }, documents: [head] });
}

/** How many journals fit before the store says that it is full; fails when it says anything else. */
async function fill(store: Store): Promise<number> {
  for (let count = 0; count < 1_000; count++) {
    try {
      await appendTo(store, `k${count}`);
    } catch (thrown) {
      assert.ok(hasCode(thrown, 'STORE_FULL'), String(thrown));
      assert.match(thrown.message, /[Nn]othing was written/);
      return count;
    }
  }
  assert.fail('the store never filled up');
}

/** Nothing of the refused commits is there, alone or in a group. Answers how many journals fitted. */
async function checkRefusals(store: Store): Promise<number> {
  const count = await fill(store);
  assert.ok(count > 1);
  const group = await Promise.allSettled(['a', 'b', 'c'].map((key) => appendTo(store, key)));
  for (const outcome of group) assert.ok(outcome.status === 'rejected' && hasCode(outcome.reason, 'STORE_FULL'));
  for (const key of [`k${count}`, 'a', 'b', 'c']) {
    assert.deepEqual(await store.read('task', key), []);
    assert.equal(await store.get('heads', key), undefined);
  }
  assert.equal((await store.read('task', `k${count - 1}`)).length, 2);
  return count;
}

/** Everything that was acknowledged is there, and there is room again. */
async function checkAfterwards(file: string, keys: readonly string[]): Promise<void> {
  const store = await openSqliteStore({ file, schema });
  for (const key of keys) assert.equal((await store.read('task', key)).length, 2, key);
  assert.equal((await store.check()).documents, keys.length);
  await appendTo(store, 'more');
  await store.close();
}

function keysFrom(first: number, end: number): readonly string[] {
  return Array.from({ length: end - first }, (_, index) => `k${first + index}`);
}

async function inFolder(run: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-full-'));
  await run(join(folder, 'store.sqlite'));
  await rm(folder, { recursive: true });
}

function registerTests(): void {
  test('a store at its own limit refuses whole commits, and goes on when something was removed', () =>
    inFolder(async (file) => {
      const store = await openSqliteStore({ file, schema, maxBytes: limitBytes });
      const count = await checkRefusals(store);
      for (const key of keysFrom(0, 2)) {
        await store.commit({ key, dropJournal: 'task', documents: [{ collection: 'heads' }] });
      }
      await appendTo(store, 'again');
      await store.close();
      await checkAfterwards(file, [...keysFrom(2, count), 'again']);
    }));

  test('a store that the system lets grow no further refuses whole commits, and goes on when it may', () =>
    inFolder(async (file) => {
      const script = 'ulimit -f "$1"; shift; exec "$@"';
      const blocks = String(limitBytes / 512);
      const command = [process.execPath, import.meta.filename, 'fill', file];
      const { stdout } = await promisify(execFile)('sh', ['-c', script, 'sh', blocks, ...command]);
      await checkAfterwards(file, keysFrom(0, Number(stdout)));
    }));

  test('a full store says so when it is asked how it is', () =>
    inFolder(async (file) => {
      const store = await openSqliteStore({ file, schema, maxBytes: 256 * 1024 });
      await fill(store);
      const small = JSON.stringify('y'.repeat(4_000));
      const fillUp = async (): Promise<void> => {
        for (let version = 0; ; version++) {
          await store.commit({ key: 'z', append: { kind: 'task', expectedVersion: version, events: [small] } });
        }
      };
      await assert.rejects(fillUp(), (thrown) => hasCode(thrown, 'STORE_FULL'));
      await assert.rejects(store.check(), (thrown) => hasCode(thrown, 'STORE_FULL'));
      await store.commit({ key: 'k0', dropJournal: 'task' });
      assert.ok((await store.check()).bytes > 0);
      await store.close();
    }));
}

const [, , role, limited = ''] = process.argv;
if (role === 'fill') {
  const store = await openSqliteStore({ file: limited, schema });
  const count = await checkRefusals(store);
  await store.close();
  process.stdout.write(String(count));
} else registerTests();
