import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, createShortId, isObject } from '../../base/index.ts';
import { hashFile } from './hash-file.ts';

/** Where the cache lies and how much it may hold. */
export interface PackageCacheOptions {
  /** Made when it is missing, mode 0700. No other process uses it. */
  readonly folder: string;
  /** The oldest unused packages go when there is more. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/** A package in the cache. */
export interface CachedPackage {
  readonly sha256: string;
  readonly size: number;
  readonly lastUsedAtMs: number;
  /** `name@version`, once its manifest was read. */
  readonly packageId: string | undefined;
  /** The address it came from, as people may see it; undefined: it was uploaded or copied. */
  readonly from: string | undefined;
}

/** What is known of a package beside its bytes. */
export type PackageNote = Pick<CachedPackage, 'packageId' | 'from'>;

/** What an address brought the last time. */
export interface RememberedUrl {
  readonly sha256: string;
  readonly etag: string | undefined;
}

const maxUrls = 1_000;
const digestName = /^([0-9a-f]{64})\.apkg$/;

/** Packages by the digest of their bytes, `{sha256}.apkg`; a file that is there is whole. */
export class PackageCache {
  readonly #options: PackageCacheOptions;
  readonly #held = new Map<string, number>();

  constructor(options: PackageCacheOptions) {
    this.#options = options;
  }

  /** Makes the folders; what a killed process left half done goes. */
  async open(): Promise<void> {
    await rm(this.#path('partial'), { recursive: true, force: true });
    for (const name of ['', 'partial', 'urls']) await mkdir(this.#path(name), { recursive: true, mode: 0o700 });
  }

  /** Where a package of that digest lies, or would lie. */
  pathOf(sha256: string): string {
    return this.#path(`${sha256}.apkg`);
  }

  /** The file, counted as used now, when it is there and its bytes are what its name says; an altered one goes. */
  async find(sha256: string): Promise<string | undefined> {
    const path = this.pathOf(sha256);
    const actual = await hashFile(path);
    if (actual === undefined) return undefined;
    if (actual !== sha256) {
      await rm(path, { force: true });
      return undefined;
    }
    const now = new Date(this.#options.clock.now());
    await utimes(path, now, now);
    return path;
  }

  /** A path for a file that is being made; `adopt` it or remove it. */
  createPartial(): string {
    return this.#path(join('partial', createShortId()));
  }

  /** Takes in a finished file, flushed to the disk, and makes room. The digest must be that of its bytes. */
  async adopt(partial: string, sha256: string): Promise<string> {
    const path = this.pathOf(sha256);
    await syncPath(partial);
    await rename(partial, path);
    await syncPath(this.#options.folder);
    await this.#makeRoom(sha256);
    return path;
  }

  /** Keeps a package in the cache until the returned function is called. */
  hold(sha256: string): () => void {
    this.#held.set(sha256, (this.#held.get(sha256) ?? 0) + 1);
    let held = true;
    return () => {
      const count = (this.#held.get(sha256) ?? 0) - (held ? 1 : 0);
      held = false;
      if (count <= 0) this.#held.delete(sha256);
      else this.#held.set(sha256, count);
    };
  }

  /** What the address brought the last time. */
  async recall(url: string): Promise<RememberedUrl | undefined> {
    const value = await readJson(this.#urlPath(url));
    if (!isObject(value) || typeof value['sha256'] !== 'string') return undefined;
    return { sha256: value['sha256'], etag: typeof value['etag'] === 'string' ? value['etag'] : undefined };
  }

  /** Remembers what the address brought; the address itself is kept as its hash only, as it may hold a secret. */
  async remember(url: string, { sha256, etag }: RememberedUrl): Promise<void> {
    await this.#write(this.#urlPath(url), { sha256, etag });
  }

  /** What the address brought the last time is of no account any more. */
  async forget(url: string): Promise<void> {
    await rm(this.#urlPath(url), { force: true });
  }

  /** Adds what is known of a package. */
  async note(sha256: string, note: Partial<PackageNote>): Promise<void> {
    await this.#write(this.#notePath(sha256), { ...(await this.#readNote(sha256)), ...note });
  }

  /** All packages, the last used first. */
  async list(): Promise<readonly CachedPackage[]> {
    const digests = (await readdir(this.#options.folder)).flatMap((name) => digestName.exec(name)?.[1] ?? []);
    const packages: CachedPackage[] = [];
    for (const sha256 of digests) {
      const found = await stat(this.pathOf(sha256)).catch(() => undefined);
      if (found === undefined) continue;
      const note = await this.#readNote(sha256);
      packages.push({ sha256, size: found.size, lastUsedAtMs: Math.round(found.mtimeMs), ...note });
    }
    return packages.sort((a, b) => b.lastUsedAtMs - a.lastUsedAtMs);
  }

  async #makeRoom(newest: string): Promise<void> {
    let bytes = 0;
    for (const { sha256, size } of await this.list()) {
      bytes += size;
      if (bytes <= this.#options.maxBytes || sha256 === newest || this.#held.has(sha256)) continue;
      await rm(this.pathOf(sha256), { force: true });
      await rm(this.#notePath(sha256), { force: true });
      bytes -= size;
    }
    await this.#forgetUrls();
  }

  /** Signed addresses differ each time, so what they brought is kept for the newest only. */
  async #forgetUrls(): Promise<void> {
    const names = await readdir(this.#path('urls'));
    if (names.length <= maxUrls) return;
    const dated = await Promise.all(
      names.map(async (name) => ({ name, at: await changedAt(this.#path(join('urls', name))) })),
    );
    dated.sort((a, b) => b.at - a.at);
    for (const { name } of dated.slice(maxUrls / 2)) await rm(this.#path(join('urls', name)), { force: true });
  }

  async #readNote(sha256: string): Promise<PackageNote> {
    const value = await readJson(this.#notePath(sha256));
    const text = (name: string): string | undefined => {
      return isObject(value) && typeof value[name] === 'string' ? value[name] : undefined;
    };
    return { packageId: text('packageId'), from: text('from') };
  }

  async #write(path: string, value: unknown): Promise<void> {
    const draft = this.createPartial();
    await writeFile(draft, JSON.stringify(value), { mode: 0o600 });
    await rename(draft, path);
  }

  #notePath(sha256: string): string {
    return this.#path(`${sha256}.json`);
  }

  #urlPath(url: string): string {
    return this.#path(join('urls', `${createHash('sha256').update(url).digest('hex')}.json`));
  }

  #path(name: string): string {
    return join(this.#options.folder, name);
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    // A note that is missing or damaged is only a convenience less.
    return undefined;
  }
}

async function changedAt(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
}

async function syncPath(path: string): Promise<void> {
  await using handle = await open(path, 'r');
  await handle.sync();
}
