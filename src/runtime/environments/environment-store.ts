import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createShortId, isObject, isSystemError } from '../../base/index.ts';
import { takeFolderBack } from '../containment/shared-folders.ts';
import { toWriteError } from '../packages/write-error.ts';

/** A finished environment. */
export interface StoredEnvironment {
  readonly key: string;
  readonly folder: string;
  /** Keys of the environments that it builds on. */
  readonly layers: readonly string[];
}

/** Fills the folder, which is new and empty; what it returns are the keys of the environments that it builds on. */
export type EnvironmentMaker = (folder: string) => Promise<readonly string[]>;

const marker = '.complete';
const asidePrefix = '.tmp-';

/**
 * The environments in a folder, one for each key. One is used only when it is whole: its marker is written last, and what has
 * none is removed and made again. While one maker works for a key, others wait for it.
 */
export class EnvironmentStore {
  readonly #root: string;
  readonly #making = new Map<string, Promise<StoredEnvironment>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** The environment of that key, made when it is not there. Throws what the maker throws, STORE_FULL, or INTERNAL. */
  open(key: string, make: EnvironmentMaker): Promise<StoredEnvironment> {
    const known = this.#making.get(key);
    if (known !== undefined) return known;
    const opening = this.#find(key)
      .then((found) => found ?? this.#make(key, make))
      .finally(() => this.#making.delete(key));
    this.#making.set(key, opening);
    return opening;
  }

  /** Removes what is half-made, and what has not been opened since `beforeMs`; what is being made stays. */
  async sweep(beforeMs: number): Promise<void> {
    const names = await readdir(this.#root).catch(() => []);
    for (const name of names) {
      if (this.#making.has(name)) continue;
      const used = await stat(join(this.#root, name, marker)).catch(() => undefined);
      if (used === undefined || used.mtimeMs < beforeMs) await this.#discard(name);
    }
  }

  async #find(key: string): Promise<StoredEnvironment | undefined> {
    const folder = join(this.#root, key);
    const layers = await readLayers(join(folder, marker));
    if (layers === undefined) return undefined;
    const now = new Date();
    for (const used of [key, ...layers]) {
      const touched = await touch(join(this.#root, used, marker), now);
      if (!touched) return undefined;
    }
    return { key, folder, layers };
  }

  async #make(key: string, make: EnvironmentMaker): Promise<StoredEnvironment> {
    const folder = join(this.#root, key);
    try {
      await this.#discard(key);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const layers = await make(folder);
      await writeFile(join(folder, `${marker}.new`), JSON.stringify({ layers }), { mode: 0o600, flush: true });
      await rename(join(folder, `${marker}.new`), join(folder, marker));
      return { key, folder, layers };
    } catch (thrown) {
      // What cannot be removed now has no marker, and is swept by the next start.
      await this.#discard(key).catch(() => undefined);
      throw toWriteError(folder, thrown);
    }
  }

  /** Moves it aside in one step first: nobody finds half of it. */
  async #discard(name: string): Promise<void> {
    const aside = join(this.#root, `${asidePrefix}${createShortId()}`);
    try {
      await rename(join(this.#root, name), aside);
    } catch (thrown) {
      if (isSystemError(thrown, 'ENOENT')) return;
      throw thrown;
    }
    // A build that the node's end cut short has left it to its user.
    await takeFolderBack(aside);
    await rm(aside, { recursive: true, force: true });
  }
}

/** Pure: the key of an environment that is made from these values; the same values, the same key. */
export function createEnvironmentKey(kind: 'python' | 'base' | 'node', parts: readonly unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify([kind, ...parts]));
  return `${kind}-${digest.digest('hex').slice(0, 24)}`;
}

async function readLayers(path: string): Promise<readonly string[] | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isObject(value) && Array.isArray(value['layers']) ? value['layers'].map(String) : undefined;
  } catch {
    return undefined;
  }
}

async function touch(path: string, now: Date): Promise<boolean> {
  return utimes(path, now, now).then(
    () => true,
    () => false,
  );
}
