import type { Clock } from './clock.ts';

export interface BoundedCacheOptions {
  readonly clock: Pick<Clock, 'now'>;
  /** How long an entry counts, unless it is set with an end of its own. */
  readonly keptMs: number;
}

/** Keeps at most so many entries, each for a while; over the bound the oldest goes. */
export class BoundedCache<Key, Value> {
  readonly #maxEntries: number;
  readonly #options: BoundedCacheOptions;
  readonly #entries = new Map<Key, { readonly value: Value; readonly untilMs: number }>();

  constructor(maxEntries: number, options: BoundedCacheOptions) {
    this.#maxEntries = maxEntries;
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.untilMs > this.#options.clock.now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** `untilMs`: when the entry ends; never later than `keptMs` from now. */
  set(key: Key, value: Value, untilMs: number = Number.POSITIVE_INFINITY): void {
    const { clock, keptMs } = this.#options;
    this.#entries.delete(key);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < this.#maxEntries) break;
      this.#entries.delete(oldest);
    }
    this.#entries.set(key, { value, untilMs: Math.min(untilMs, clock.now() + keptMs) });
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }
}
