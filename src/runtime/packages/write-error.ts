import { isSystemError, ParleyError } from '../../base/index.ts';

/** What a failed write of `path` is to a caller: STORE_FULL when the disk is full, else INTERNAL; our own errors pass. */
export function toWriteError(path: string, error: unknown): ParleyError {
  if (error instanceof ParleyError) return error;
  if (isSystemError(error, 'ENOSPC') || isSystemError(error, 'EDQUOT'))
    return new ParleyError('STORE_FULL', `The disk of ${path} is full. Make room and try again.`, { cause: error });
  const why = error instanceof Error ? error.message : String(error);
  return new ParleyError('INTERNAL', `${path} cannot be written: ${why}. Check the path and its rights.`, {
    cause: error,
  });
}
