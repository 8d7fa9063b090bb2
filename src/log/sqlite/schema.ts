import { ParleyError } from '../../base/index.ts';
import type { Database } from '../../drivers/sqlite/index.ts';

const version = 1;

/**
 * `record.id` is made of partition and offset. `high_ms` is the greatest timestamp up to there, so that it never goes back and a time
 * is found by halving. `topic.growths` lists where the partitions ended when they became more.
 */
const tables = `
CREATE TABLE topic (
  name TEXT PRIMARY KEY, partitions INTEGER NOT NULL, retention_ms INTEGER, retention_bytes INTEGER,
  compacted INTEGER NOT NULL, growths TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE partition (
  id INTEGER PRIMARY KEY, topic TEXT NOT NULL, number INTEGER NOT NULL,
  next_offset INTEGER NOT NULL, high_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, UNIQUE (topic, number)
);
CREATE TABLE record (
  id INTEGER PRIMARY KEY, high_ms INTEGER NOT NULL, at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL,
  key TEXT, headers TEXT, value BLOB
);
CREATE TABLE latest (partition INTEGER NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (partition, key)) WITHOUT ROWID;
CREATE TABLE position (
  group_name TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL, PRIMARY KEY (group_name, partition)
) WITHOUT ROWID;
CREATE TABLE probe (filler BLOB);
PRAGMA user_version = ${version};
`;

/** Makes the tables of a new file; a file of a newer version is refused with STORE_DAMAGED. */
export function prepareLogSchema(database: Database, file: string): void {
  const found = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (found === version) return;
  if (found !== 0) {
    const message = `${file} was written by a newer version. Start that version, or choose another data folder.`;
    throw new ParleyError('STORE_DAMAGED', message, { details: { found, supported: version } });
  }
  database.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`);
}
