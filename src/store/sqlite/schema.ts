import { ParleyError } from '../../base/index.ts';
import type { Database } from '../../drivers/sqlite/index.ts';
import type { StoreSchema } from '../port.ts';
import { type NameIds, numberNames } from './names.ts';

const formatVersion = 1;

/**
 * `journal`: one row per append; `position` is that of its last event, so rows only ever go to the end of the file.
 * `shard_position` follows in batches: 256 growing ends in the hot path would cost a page each per commit.
 * `counter`: one row, so that no figure needs a scan and no position is given twice.
 */
const tables = `
CREATE TABLE IF NOT EXISTS journal (
  position INTEGER PRIMARY KEY, key TEXT NOT NULL, kind TEXT NOT NULL, sequence INTEGER NOT NULL,
  count INTEGER NOT NULL, at_ms INTEGER NOT NULL, events TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS journal_entity ON journal (key, kind, sequence);
CREATE TABLE IF NOT EXISTS shard_position (
  shard INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (shard, position)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
  collection INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, entries TEXT NOT NULL,
  expires_at INTEGER, owns TEXT, PRIMARY KEY (collection, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS document_expiry ON document (collection, expires_at, key) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS entry (
  idx INTEGER NOT NULL, equals TEXT NOT NULL, sort TEXT NOT NULL, key TEXT NOT NULL,
  PRIMARY KEY (idx, equals, sort, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timer (
  key TEXT NOT NULL, name TEXT NOT NULL, due_at INTEGER NOT NULL, payload TEXT NOT NULL,
  PRIMARY KEY (key, name)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timer_due ON timer (due_at, key, name);
CREATE TABLE IF NOT EXISTS lease (
  name TEXT PRIMARY KEY, holder TEXT, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (
  id INTEGER PRIMARY KEY CHECK (id = 1), position INTEGER NOT NULL, indexed INTEGER NOT NULL,
  events INTEGER NOT NULL, documents INTEGER NOT NULL, expiring TEXT NOT NULL);
INSERT OR IGNORE INTO counter VALUES (1, 0, 0, 0, 0, '{}');
CREATE TABLE IF NOT EXISTS name (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS probe (bytes BLOB NOT NULL);
`;

/** Creates what is missing in the file and numbers every declared name. Throws STORE_DAMAGED for a file of a later format. */
export function prepareSchema(database: Database, schema: StoreSchema, file: string): NameIds {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found > formatVersion) {
    const advice = 'Start the newer version, or choose another data folder.';
    throw new ParleyError('STORE_DAMAGED', `${file} was written by a newer version (format ${found}). ${advice}`);
  }
  database.exec('BEGIN IMMEDIATE');
  try {
    if (found < formatVersion) database.exec(`${tables} PRAGMA user_version=${formatVersion}`);
    const ids = numberNames(database, schema);
    database.exec('COMMIT');
    return ids;
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}
