import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { isSystemError, ParleyError } from '../../base/index.ts';
import type { RawPart } from '../../protocol/index.ts';
import { guessExtension } from './media-type.ts';

/** A folder that takes the files of artifacts. Names come from agents: they never leave the folder nor replace what is in it. */
export interface ArtifactFolder {
  /** Writes the file under its own name, or one like it that is free. The answer is its path. */
  save(part: RawPart, fallbackName: string): Promise<string>;
  /** Adds bytes to a file that `save` has written. */
  extend(path: string, part: RawPart): Promise<void>;
}

const maxTries = 10_000;

/** A folder that is made when the first file comes. */
export function createArtifactFolder(folder: string): ArtifactFolder {
  return {
    async save(part, fallbackName) {
      await mkdir(folder, { recursive: true });
      const name = toSafeName(part.filename ?? fallbackName + guessExtension(part.mediaType ?? ''));
      for (let attempt = 0; attempt < maxTries; attempt++) {
        const path = join(folder, attempt === 0 ? name : toNumberedName(name, attempt));
        if (await writeNew(path, part.raw)) return path;
      }
      throw new ParleyError('CONFLICT', `No free name is left for ${name} in ${folder}; use another folder.`);
    },
    extend: (path, part) => appendFile(path, part.raw),
  };
}

async function writeNew(path: string, bytes: Uint8Array): Promise<boolean> {
  try {
    await writeFile(path, bytes, { flag: 'wx' });
    return true;
  } catch (thrown) {
    if (isSystemError(thrown, 'EEXIST')) return false;
    throw new ParleyError('CONFLICT', `${path} cannot be written.`, { cause: thrown });
  }
}

function toSafeName(filename: string): string {
  const name = basename(filename.replaceAll('\\', '/'))
    .replace(/[^\p{L}\p{N} ._-]/gu, '_')
    .replace(/^\.+/, '_')
    .slice(-120);
  return name === '' ? 'file' : name;
}

function toNumberedName(name: string, number: number): string {
  const extension = extname(name);
  return `${name.slice(0, name.length - extension.length)}-${number}${extension}`;
}
