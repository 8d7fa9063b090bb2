import { type ErrorCode, ParleyError } from '../../base/index.ts';

const resultCode = { corrupt: 11, full: 13, notADatabase: 26 } as const;
/** SQLite says FULL only for ENOSPC: a quota or a file-size limit comes as a failed write. */
const failedWrites: ReadonlySet<number> = new Set([778, 1546, 4874]);

/** The numeric (extended) result code of an error thrown by SQLite; undefined for any other error. */
export function sqliteResultCode(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('errcode' in thrown)) return undefined;
  return typeof thrown.errcode === 'number' ? thrown.errcode : undefined;
}

/** Which catalogue code an error of SQLite stands for: STORE_FULL, STORE_DAMAGED, else INTERNAL. */
export function classifySqliteError(thrown: unknown): ErrorCode {
  if (thrown instanceof ParleyError) return thrown.code;
  const code = sqliteResultCode(thrown);
  if (code === undefined) return 'INTERNAL';
  if (failedWrites.has(code)) return 'STORE_FULL';
  const primary = code & 0xff;
  if (primary === resultCode.full) return 'STORE_FULL';
  return primary === resultCode.corrupt || primary === resultCode.notADatabase ? 'STORE_DAMAGED' : 'INTERNAL';
}

/** A ParleyError that says what failed on which file and what to do next, with the original as its cause. */
export function fromSqliteError(thrown: unknown, file: string): ParleyError {
  if (thrown instanceof ParleyError) return thrown;
  const code = classifySqliteError(thrown);
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new ParleyError(code, describe(code, file, reason), { cause: thrown });
}

function describe(code: ErrorCode, file: string, reason: string): string {
  if (code === 'STORE_FULL') {
    return `Nothing was written to ${file}: ${reason}. Free disk space or raise the limit; the store goes on by itself.`;
  }
  if (code === 'STORE_DAMAGED') {
    return `${file} is damaged: ${reason}. Stop the node and restore the file from a backup, or move it away to begin anew.`;
  }
  return `SQLite failed on ${file}: ${reason}.`;
}
