import { readFile, rename, writeFile } from 'node:fs/promises';
import { isObject } from '../../base/index.ts';
import type { RegistryEntry } from './registry-index.ts';

const maxKept = 1_000;

/** The versions that a registry has had deployed, and what was wrong with them; they survive a restart of the node. */
export class TriedVersions {
  readonly #path: string;
  #messages = new Map<string, string>();

  constructor(path: string) {
    this.#path = path;
  }

  /** Reads what was kept; what cannot be read is forgotten. */
  async load(): Promise<void> {
    const value = await readFile(this.#path, 'utf8').then(parse, () => undefined);
    const entries = isObject(value) ? Object.entries(value) : [];
    this.#messages = new Map(entries.map(([key, message]) => [key, String(message)]));
  }

  has(entry: RegistryEntry): boolean {
    return this.#messages.has(keyOf(entry));
  }

  /** What was wrong with it; undefined when nothing is known to be. */
  problemOf(entry: RegistryEntry): string | undefined {
    return this.#messages.get(keyOf(entry)) || undefined;
  }

  /** Remembers that it was tried; `problem` is empty until there is one. */
  async add(entry: RegistryEntry, problem: string): Promise<void> {
    this.#messages.delete(keyOf(entry));
    this.#messages.set(keyOf(entry), problem);
    for (const key of [...this.#messages.keys()].slice(0, -maxKept)) this.#messages.delete(key);
    await writeFile(`${this.#path}.new`, JSON.stringify(Object.fromEntries(this.#messages)), { mode: 0o600 });
    await rename(`${this.#path}.new`, this.#path);
  }
}

function keyOf({ name, version, sha256 }: RegistryEntry): string {
  return `${name}@${version} ${sha256}`;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
