import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface DurableWrite {
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly modifiedAt: Date;
  /** The folder that is known to be durable; those between it and the file are made and synced. */
  readonly root: string;
  /** On the same file system as `file`: the rename at the end is what makes it appear whole. */
  readonly temporary: string;
}

/** When this resolves, the file is on the disk with all its bytes; until then it is not there at all. */
export async function writeDurably({ file, bytes, modifiedAt, root, temporary }: DurableWrite): Promise<void> {
  const draft = join(temporary, randomUUID());
  const created = await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeAndSync(draft, bytes, modifiedAt);
    await rename(draft, file);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
  await syncFolders(dirname(file), created === undefined ? dirname(file) : root);
}

/** A file that is there already gets a new time; its name is synced again, in case who wrote it was killed before that. */
export async function touchDurably(file: string, modifiedAt: Date): Promise<void> {
  await utimes(file, modifiedAt, modifiedAt);
  await syncFolders(dirname(file), dirname(file));
}

async function writeAndSync(file: string, bytes: Uint8Array, modifiedAt: Date): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.utimes(modifiedAt, modifiedAt);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A new name is durable when its folder is: from the innermost out to `last`. */
async function syncFolders(first: string, last: string): Promise<void> {
  for (let folder = first; ; folder = dirname(folder)) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (folder === last || folder === dirname(folder)) return;
  }
}
