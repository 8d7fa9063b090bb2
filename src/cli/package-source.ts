import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ParleyError } from '../base/index.ts';
import type { LocalSource } from '../control/index.ts';

/** What the path names, as a source; NOT_FOUND when there is nothing. */
export async function findPackageSource(path: string): Promise<LocalSource> {
  const absolute = resolve(path);
  try {
    return { kind: (await stat(absolute)).isDirectory() ? 'folder' : 'file', path: absolute };
  } catch (cause) {
    throw new ParleyError(
      'NOT_FOUND',
      `There is no package at ${path}; give a folder with agent.yaml, an .apkg or an http(s) address.`,
      {
        cause,
      },
    );
  }
}
