import { constants } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { isSystemError } from '../../base/index.ts';
import { createPackageError } from './package-error.ts';
import { readRange } from './read-range.ts';

/** A text of the package read whole, without its byte order mark. Throws PACKAGE_INVALID over `maxBytes` and when not UTF-8. */
export async function readSmallText(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  maxBytes: number,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size > maxBytes)
      throw createPackageError(`${name} has more than ${maxBytes} bytes. Make it smaller.`, {
        reason: 'unpacked-too-large',
        entry: name,
      });
  }
  return decode(Buffer.concat(parts), name);
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw createPackageError(`${name} is not UTF-8. Save it as UTF-8.`, {
      reason: 'damaged',
      entry: name,
      cause: error,
    });
  }
}

/** The same for a file on disk; undefined when it is missing or not a plain file (a pipe would never end). */
export async function readSmallFile(path: string, maxBytes: number): Promise<string | undefined> {
  const handle = await openFile(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (isSystemError(error, 'ENOENT') || isSystemError(error, 'ENXIO')) return undefined;
    throw createPackageError(`${path} cannot be read. Check its rights.`, { reason: 'unreadable', cause: error });
  });
  if (handle === undefined) return undefined;
  try {
    if (!(await handle.stat()).isFile()) return undefined;
    return await readSmallText(readRange(handle, 0, maxBytes + 1), path, maxBytes);
  } finally {
    await handle.close();
  }
}
