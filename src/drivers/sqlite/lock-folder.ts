import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ParleyError } from '../../base/index.ts';
import { fromSqliteError, sqliteResultCode } from './sqlite-error.ts';

/** A data folder that is ours alone until `release`, or until the process ends, however it ends. */
export interface FolderLock {
  release(): void;
}

const busy = 5;

/**
 * Takes the folder (created with mode 0700 when it is missing) for this process. The operating system holds the lock, so it
 * is free again after kill -9. Throws DATA_FOLDER_LOCKED with the holder's process id when another process, or this one, has it.
 */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const pidFile = join(folder, 'lock.pid');
  const database = takeLock(folder, pidFile);
  writeFileSync(pidFile, `${process.pid}\n`, { mode: 0o600 });
  return {
    release() {
      if (!database.isOpen) return;
      rmSync(pidFile, { force: true });
      database.close();
    },
  };
}

function takeLock(folder: string, pidFile: string): DatabaseSync {
  const file = join(folder, 'lock.db');
  let database: DatabaseSync | undefined;
  try {
    writeFileSync(file, '', { flag: 'a', mode: 0o600 });
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (thrown) {
    database?.close();
    if (((sqliteResultCode(thrown) ?? 0) & 0xff) !== busy) throw fromSqliteError(thrown, file);
    throw lockedError(folder, readHolder(pidFile), thrown);
  }
}

function lockedError(folder: string, pid: number | undefined, cause: unknown): ParleyError {
  const holder = pid === undefined ? 'another process' : `process ${pid}`;
  const message = `The data folder ${folder} is in use by ${holder}. Stop it, or choose another folder.`;
  return new ParleyError('DATA_FOLDER_LOCKED', message, { cause, details: pid === undefined ? {} : { pid } });
}

function readHolder(pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return Number.isNaN(pid) ? undefined : pid;
  } catch {
    return undefined;
  }
}
