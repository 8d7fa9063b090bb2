import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, rmdir } from 'node:fs/promises';
import { isSystemError } from '../../base/index.ts';
import type { Confinement } from '../supervisor/confinement.ts';

/**
 * Removes a folder that processes of that user write to, perhaps still now: what is in it is removed with the user's own rights,
 * so that a link which they put there in between leads to nothing that is not theirs.
 */
export async function removeFolder(folder: string, { uid, gid }: Confinement): Promise<void> {
  if (uid === undefined) return rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const child = spawn('/bin/rm', ['-rf', '--', folder], { uid, gid: gid ?? uid, cwd: '/', env: {}, stdio: 'ignore' });
  await once(child, 'close');
  await rmdir(folder).catch((thrown: unknown) => {
    if (!isSystemError(thrown, 'ENOENT')) throw thrown as Error;
  });
}
