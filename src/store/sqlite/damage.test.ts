import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { hasCode, siblingModule, silentLogger, systemClock } from '../../base/index.ts';
import { openDatabase } from '../../drivers/sqlite/index.ts';
import type { WriterOptions, WriterReply } from './frames.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { SqliteStore } from './sqlite-store.ts';

const schema = { collections: {} };

async function withFilledFile(run: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-damage-'));
  const file = join(folder, 'store.sqlite');
  const store = await openSqliteStore({ file, schema });
  const events = Array.from({ length: 50 }, () => JSON.stringify('x'.repeat(2_000)));
  await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      store.commit({ key: `k${index}`, append: { kind: 'task', expectedVersion: 0, events } }),
    ),
  );
  await store.close();
  await run(file);
  await rm(folder, { recursive: true });
}

async function refusesToOpen(file: string, says: RegExp): Promise<void> {
  await assert.rejects(openSqliteStore({ file, schema }), (thrown) => {
    assert.ok(hasCode(thrown, 'STORE_DAMAGED'), String(thrown));
    assert.ok(thrown.message.includes(file));
    assert.match(thrown.message, says);
    assert.match(thrown.message, /restore|newer version/);
    return true;
  });
}

test('a file that was cut short is refused, and the message says how to recover', () =>
  withFilledFile(async (file) => {
    await truncate(file, Math.floor((await stat(file)).size / 2));
    await refusesToOpen(file, /damaged/);
  }));

test('a file whose pages were overwritten is refused', () =>
  withFilledFile(async (file) => {
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(8 * 4096, 0xa5), 0, 8 * 4096, 4096);
    await handle.close();
    await refusesToOpen(file, /damaged/);
  }));

test('a file that is no database at all is refused and left as it is', () =>
  withFilledFile(async (file) => {
    await writeFile(file, 'This is somebody else’s file. '.repeat(1_000));
    const { size } = await stat(file);
    await refusesToOpen(file, /not a database/);
    assert.equal((await stat(file)).size, size);
  }));

test('a file of a later format is refused', () =>
  withFilledFile(async (file) => {
    const database = openDatabase({ file });
    database.exec('PRAGMA user_version=99');
    database.close();
    await refusesToOpen(file, /newer version/);
  }));

test("when the writer's thread has died, commits under way and later ones say so", () =>
  withFilledFile(async (file) => {
    const workerData: WriterOptions = { file, schema };
    const worker = new Worker(siblingModule(import.meta.url, 'writer-thread'), { workerData });
    const [[ready]] = (await once(worker, 'message')) as [readonly WriterReply[]];
    assert.equal(ready?.type, 'ready');
    const ids = ready.ids;
    const database = openDatabase({ file, readOnly: true });
    const store = new SqliteStore({ file, worker, database, ids, clock: systemClock, logger: silentLogger });
    const commit = { key: 'a', append: { kind: 'task', expectedVersion: 0, events: ['1'] } };
    const underWay = store.commit(commit);
    await worker.terminate();
    const saysSo = (thrown: unknown): boolean =>
      hasCode(thrown, 'STORE_CLOSED') && /Restart the node/.test(thrown.message);
    await assert.rejects(underWay, saysSo);
    await assert.rejects(store.commit(commit), saysSo);
    await assert.rejects(store.check(), saysSo);
    assert.equal((await store.read('task', 'k1')).length, 50);
    await store.close();
  }));
