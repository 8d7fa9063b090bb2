import { isSystemError, ParleyError } from '../../base/index.ts';

const fullCodes: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** STORE_FULL when the disk, a quota or a file-size limit left no room, else INTERNAL; the system's error is the cause. */
export function diskError(thrown: unknown, what: string): ParleyError {
  const code = fullCodes.find((name) => isSystemError(thrown, name));
  if (code === undefined) return ParleyError.from(thrown);
  const message = `${what} was not written: the disk has no room for it (${code}). Free disk space and try again.`;
  return new ParleyError('STORE_FULL', message, { cause: thrown });
}
