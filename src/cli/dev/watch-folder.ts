import { type FSWatcher, statSync, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { IgnoreRules } from '../../control/index.ts';

export interface WatchOptions {
  /** Absolute. */
  readonly folder: string;
  /** What does not belong to the package, as of now. */
  readonly readIgnored: () => Promise<IgnoreRules>;
  /** Called with the paths that changed, relative with `/`, once nothing has changed for a moment. */
  readonly onChange: (paths: readonly string[]) => void;
}

const ignoreFile = '.apkgignore';
/** Editors write a file in several steps; a checkout writes many. */
const quietMs = 60;
const longestWaitMs = 1_000;

/**
 * Watches a folder and all below it that belongs to the package, new folders included. Each folder is watched by itself: what
 * replaces a file, as editors do, is seen on every system.
 */
export class FolderWatch {
  readonly #options: WatchOptions;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #changed = new Set<string>();
  #ignored: IgnoreRules = () => false;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;
  #scan: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Resolves when everything that is there is watched. */
  async open(): Promise<void> {
    await this.#rescan();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #rescan(): Promise<void> {
    this.#scan = this.#scan.then(async () => {
      this.#ignored = await this.#options.readIgnored().catch(() => this.#ignored);
      await this.#watchBelow('');
    });
    return this.#scan;
  }

  async #watchBelow(path: string): Promise<void> {
    const isNew = this.#watchOne(path);
    const entries = await readdir(join(this.#options.folder, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (this.#ignored(below, entry.isDirectory())) continue;
      if (entry.isDirectory()) await this.#watchBelow(below);
      // What was written into a new folder before it was watched counts, too.
      else if (isNew && this.#sinceMs > 0) this.#changed.add(below);
    }
  }

  /** True when the folder was not watched before. */
  #watchOne(path: string): boolean {
    if (this.#closed || this.#watchers.has(path)) return false;
    try {
      const watcher = watch(join(this.#options.folder, path), (event, name) => this.#saw(event, path, name));
      watcher.on('error', () => this.#unwatch(path));
      this.#watchers.set(path, watcher);
      return true;
    } catch {
      // It is gone again; that is a change of the folder above it.
      return false;
    }
  }

  #unwatch(path: string): void {
    for (const [watched, watcher] of this.#watchers) {
      if (watched !== path && !watched.startsWith(`${path}/`)) continue;
      watcher.close();
      this.#watchers.delete(watched);
    }
  }

  #saw(event: 'change' | 'rename', folder: string, name: string | null): void {
    if (this.#closed) return;
    const path = name === null ? folder : folder === '' ? name : `${folder}/${name}`;
    if (path !== ignoreFile && this.#ignored(path, false)) return;
    this.#changed.add(path);
    // A folder that was removed and made anew needs another watch.
    if (event === 'rename' && path !== '') this.#unwatch(path);
    this.#sinceMs ||= Date.now();
    clearTimeout(this.#timer);
    const leftMs = this.#sinceMs + longestWaitMs - Date.now();
    this.#timer = setTimeout(() => void this.#settle(), Math.max(0, Math.min(quietMs, leftMs)));
  }

  /** The files that are there, without names that editors use on their way; all when something was only removed. */
  #namesToTell(): readonly string[] {
    const paths = [...this.#changed].sort();
    const there = paths.filter((path) => this.#isFile(path));
    return there.length > 0 ? there : paths;
  }

  #isFile(path: string): boolean {
    return statSync(join(this.#options.folder, path), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  async #settle(): Promise<void> {
    await this.#rescan();
    const paths = this.#namesToTell();
    this.#changed.clear();
    this.#sinceMs = 0;
    if (!this.#closed && paths.length > 0) this.#options.onChange(paths);
  }
}
