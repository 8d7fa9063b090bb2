import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const maxAgeMs = 60 * 60 * 1000;

/** The start of a temporary folder's name, beside the folders of installed packages. */
export const temporaryPrefix = '.tmp-';

async function isOld(path: string, nowMs: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && nowMs - found.mtimeMs > maxAgeMs;
}

/** Removes what installations that were killed left in `folder` more than an hour before `nowMs`. A missing folder is fine. */
export async function sweepLeftovers(folder: string, nowMs: number): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const path = join(folder, name);
    if (name.startsWith(temporaryPrefix) && (await isOld(path, nowMs)))
      await rm(path, { recursive: true, force: true });
  }
}
