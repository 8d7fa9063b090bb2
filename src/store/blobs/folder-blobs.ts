import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, isSystemError, ParleyError, systemClock } from '../../base/index.ts';
import type { BlobStore } from '../blob-port.ts';
import { diskError } from './disk-error.ts';
import { KeyedLock } from './keyed-lock.ts';
import { touchDurably, writeDurably } from './write-durably.ts';

export interface FolderBlobsOptions {
  /** Created with mode 0700 when it is missing. One process at a time: the data folder's lock sees to it. */
  readonly folder: string;
  readonly clock?: Clock;
}

const digestPattern = /^[0-9a-f]{64}$/;

/** Opens blobs kept as files of mode 0600 in folders two deep, named after their sha256. Nothing to close. */
export async function openFolderBlobs({ folder, clock = systemClock }: FolderBlobsOptions): Promise<BlobStore> {
  const temporary = join(folder, 'tmp');
  // What a killed process was writing when it ended.
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  return new FolderBlobs(folder, temporary, clock);
}

class FolderBlobs implements BlobStore {
  readonly #folder: string;
  readonly #temporary: string;
  readonly #clock: Clock;
  /** A blob is not swept while it is put, and not written twice at a time. */
  readonly #lock = new KeyedLock();

  constructor(folder: string, temporary: string, clock: Clock) {
    this.#folder = folder;
    this.#temporary = temporary;
    this.#clock = clock;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = digestOf(bytes);
    await this.#lock.run(sha256, () => this.#put(sha256, bytes));
    return sha256;
  }

  async get(sha256: string): Promise<Uint8Array> {
    if (!digestPattern.test(sha256)) throw notFound(sha256);
    const bytes = await this.#read(sha256);
    if (digestOf(bytes) === sha256) return bytes;
    const advice = 'Restore the file from a backup, or put the same bytes again after removing it.';
    throw new ParleyError('STORE_DAMAGED', `The blob ${sha256} is damaged: its bytes have changed. ${advice}`);
  }

  async sweep(beforeMs: number, isUsed: (sha256: string) => Promise<boolean>): Promise<number> {
    let removed = 0;
    for await (const sha256 of this.#all()) {
      const isGone = await this.#lock.run(sha256, () => this.#sweepOne(sha256, beforeMs, isUsed));
      if (isGone) removed++;
    }
    return removed;
  }

  async #put(sha256: string, bytes: Uint8Array): Promise<void> {
    const file = this.#fileOf(sha256);
    const now = new Date(this.#clock.now());
    try {
      const present = await statIfThere(file);
      if (present?.size === bytes.length) await touchDurably(file, now);
      else await writeDurably({ file, bytes, modifiedAt: now, root: this.#folder, temporary: this.#temporary });
    } catch (thrown) {
      throw diskError(thrown, `The blob ${sha256}`);
    }
  }

  async #read(sha256: string): Promise<Uint8Array> {
    try {
      return await readFile(this.#fileOf(sha256));
    } catch (thrown) {
      if (isSystemError(thrown, 'ENOENT')) throw notFound(sha256, thrown);
      throw diskError(thrown, `The blob ${sha256}`);
    }
  }

  async #sweepOne(sha256: string, beforeMs: number, isUsed: (sha256: string) => Promise<boolean>): Promise<boolean> {
    const file = this.#fileOf(sha256);
    const present = await statIfThere(file);
    if (present === undefined || present.mtimeMs >= beforeMs || (await isUsed(sha256))) return false;
    await unlink(file);
    return true;
  }

  async *#all(): AsyncGenerator<string, void, undefined> {
    for (const first of await namesIn(this.#folder, 2)) {
      for (const second of await namesIn(join(this.#folder, first), 2)) {
        yield* await namesIn(join(this.#folder, first, second), 64);
      }
    }
  }

  #fileOf(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Names of that many hexadecimal digits; other things in the folder are none of ours. */
async function namesIn(folder: string, length: number): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.length === length && /^[0-9a-f]+$/.test(name)).sort();
}

async function statIfThere(file: string): Promise<{ readonly size: number; readonly mtimeMs: number } | undefined> {
  try {
    return await stat(file);
  } catch (thrown) {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function notFound(sha256: string, cause?: unknown): ParleyError {
  return new ParleyError('NOT_FOUND', `There is no blob ${sha256.slice(0, 80)}. It was removed, or never put.`, {
    cause,
  });
}
