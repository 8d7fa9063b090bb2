import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isSystemError } from '../../base/index.ts';

/** Lower-case hex sha256 of a file's bytes, or undefined when there is no such file. */
export async function hashFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
  return hash.digest('hex');
}
