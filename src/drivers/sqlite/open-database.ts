import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { checkIntegrity } from './integrity.ts';
import { fromSqliteError } from './sqlite-error.ts';

/** One connection. Who opened it closes it. */
export type Database = DatabaseSync;
/** One prepared statement of a connection. */
export type Statement = StatementSync;

export interface DatabaseOptions {
  readonly file: string;
  /** A reader sees every committed change and never waits for the writer. Default false. */
  readonly readOnly?: boolean;
  /** The file never grows beyond this: further writes fail with STORE_FULL. Default: no limit but the disk's. */
  readonly maxBytes?: number;
  /** Page cache. Default 16 MB. */
  readonly cacheBytes?: number;
}

const pageBytes = 4096;
const defaultCacheBytes = 16 * 1024 * 1024;
const busyTimeoutMs = 5_000;
/** 16 MB of log between checkpoints: hot pages are written back once instead of a hundred times. */
const checkpointPages = 4_096;
const walLimitBytes = 64 * 1024 * 1024;

/**
 * Opens a database file (created with mode 0600 when it is missing) with WAL and synchronous FULL: a commit that returned is
 * on the disk. A writer's file is checked first. Errors: STORE_DAMAGED, STORE_FULL.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { file, readOnly = false } = options;
  let database: Database | undefined;
  try {
    if (!readOnly) createPrivateFile(file);
    database = new DatabaseSync(file, { readOnly, timeout: busyTimeoutMs });
    if (!readOnly) prepareWriter(database, options);
    // No memory map: a file that is cut short under a map ends the process with SIGBUS instead of an error.
    database.exec(
      `PRAGMA mmap_size=0; PRAGMA cache_size=-${Math.ceil((options.cacheBytes ?? defaultCacheBytes) / 1024)}`,
    );
    return database;
  } catch (thrown) {
    database?.close();
    throw fromSqliteError(thrown, file);
  }
}

function prepareWriter(database: Database, options: DatabaseOptions): void {
  database.exec(`PRAGMA page_size=${pageBytes}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL`);
  checkIntegrity(database, options.file);
  database.exec(`PRAGMA wal_autocheckpoint=${checkpointPages}; PRAGMA journal_size_limit=${walLimitBytes}`);
  database.exec('PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=OFF');
  if (options.maxBytes !== undefined) {
    database.exec(`PRAGMA max_page_count=${Math.max(1, Math.floor(options.maxBytes / pageBytes))}`);
  }
}

/** SQLite syncs what is in the file; that the file's name survives a power cut is the folder's business. */
function createPrivateFile(file: string): void {
  if (existsSync(file)) return;
  closeSync(openSync(file, 'a', 0o600));
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
