import { existsSync, statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { ParleyError } from '../../base/index.ts';

/** A full check reads every page; beyond this size it would delay the start by seconds. */
const fullCheckBytes = 64 * 1024 * 1024;

/**
 * Looks for damage when a file is opened: a file shorter than it says is always found, damage inside the pages in files up
 * to 64 MB (in larger ones it is found when the page is used). Throws STORE_DAMAGED, or SQLite's own error.
 */
export function checkIntegrity(database: DatabaseSync, file: string): void {
  const pages = readNumber(database, 'page_count');
  const declaredBytes = pages * readNumber(database, 'page_size');
  const actualBytes = statSync(file).size;
  if (actualBytes < declaredBytes && !hasLog(file)) {
    throw damaged(file, `it has ${actualBytes} of ${declaredBytes} bytes`);
  }
  if (declaredBytes > fullCheckBytes) return;
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (verdict !== 'ok') throw damaged(file, String(verdict));
}

/** With a log beside it the file may lawfully be behind: the newest pages are still in the log. */
function hasLog(file: string): boolean {
  const log = `${file}-wal`;
  return existsSync(log) && statSync(log).size > 0;
}

function readNumber(database: DatabaseSync, pragma: string): number {
  return Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function damaged(file: string, reason: string): ParleyError {
  const advice = 'Stop the node and restore the file from a backup, or move it away to begin anew.';
  return new ParleyError('STORE_DAMAGED', `${file} is damaged: ${reason}. ${advice}`);
}
