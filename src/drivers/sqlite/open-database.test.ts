import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { classifySqliteError, fromSqliteError, openDatabase } from './index.ts';

async function withFile(run: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-sqlite-'));
  await run(join(folder, 'a.sqlite'));
  await rm(folder, { recursive: true });
}

test('a database is private, writes ahead, and syncs every commit', () =>
  withFile(async (file) => {
    const database = openDatabase({ file });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal');
    assert.equal(database.prepare('PRAGMA synchronous').get()?.['synchronous'], 2);
    database.close();
  }));

test('a reader sees what is committed, not what is under way, and may not write', () =>
  withFile(async (file) => {
    const writer = openDatabase({ file });
    writer.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    const reader = openDatabase({ file, readOnly: true });
    const count = reader.prepare('SELECT count(*) AS n FROM t');
    writer.exec('BEGIN; INSERT INTO t VALUES (2)');
    assert.equal(count.get()?.['n'], 1);
    writer.exec('COMMIT');
    assert.equal(count.get()?.['n'], 2);
    assert.throws(() => reader.exec('INSERT INTO t VALUES (3)'), /readonly/);
    reader.close();
    writer.close();
  }));

test('SQLite errors become ours, with the original as the cause', () => {
  const sqliteError = (errcode: number): Error => Object.assign(new Error('said SQLite'), { errcode });
  assert.equal(classifySqliteError(sqliteError(13)), 'STORE_FULL');
  assert.equal(classifySqliteError(sqliteError(778)), 'STORE_FULL');
  assert.equal(classifySqliteError(sqliteError(11 | (1 << 8))), 'STORE_DAMAGED');
  assert.equal(classifySqliteError(sqliteError(26)), 'STORE_DAMAGED');
  assert.equal(classifySqliteError(sqliteError(1)), 'INTERNAL');
  assert.equal(classifySqliteError(new TypeError('not SQLite')), 'INTERNAL');
  const cause = sqliteError(13);
  const error = fromSqliteError(cause, 'data/store.sqlite');
  assert.equal(error.cause, cause);
  assert.match(error.message, /data\/store\.sqlite/);
});
