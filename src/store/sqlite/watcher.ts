import type { StoredEvent } from '../port.ts';

/** So much of what was just committed is kept for a reader that has not asked yet; beyond that it reads the journal again. */
const maxKeptEvents = 64;
const maxKeptSize = 64 * 1024;

/** What a watcher should do next to go on. */
export type WatcherStep =
  | { readonly type: 'deliver'; readonly events: readonly StoredEvent[] }
  | { readonly type: 'read'; readonly after: number }
  | { readonly type: 'wait' };

/** One reader's place in one journal. Pure: it decides what comes from memory and what must be read; its memory is bounded. */
export class Watcher {
  #delivered: number;
  #kept: StoredEvent[] = [];
  #keptSize = 0;
  #isBehind = true;
  #wake: (() => void) | undefined;

  constructor(after: number) {
    this.#delivered = after;
  }

  /** Events were committed. */
  offer(events: readonly StoredEvent[]): void {
    const last = events.at(-1)?.sequence ?? 0;
    if (this.#isBehind || last <= this.#delivered) return;
    const next = (this.#kept.at(-1)?.sequence ?? this.#delivered) + 1;
    const fresh = events[0]?.sequence === next ? events : events.filter(({ sequence }) => sequence >= next);
    if (fresh[0]?.sequence === next) this.#keep(fresh);
    else if (fresh.length > 0) this.#fallBehind();
    this.wake();
  }

  /** Has its reader look again, if it waits. */
  wake(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** What to do now. What is delivered counts as taken. */
  next(): WatcherStep {
    if (this.#isBehind) return { type: 'read', after: this.#delivered };
    if (this.#kept.length === 0) return { type: 'wait' };
    const events = this.#kept;
    this.#clear();
    this.#delivered = events.at(-1)?.sequence ?? this.#delivered;
    return { type: 'deliver', events };
  }

  /** A page came from the journal; an empty one means that the watcher has caught up. */
  read(events: readonly StoredEvent[]): void {
    this.#delivered = events.at(-1)?.sequence ?? this.#delivered;
    this.#isBehind = events.length > 0;
  }

  /** Calls back once, at the next offer or `wake`. For a caller that was told to wait. */
  onOffer(wake: () => void): void {
    this.#wake = wake;
  }

  #keep(events: readonly StoredEvent[]): void {
    for (const event of events) {
      this.#kept.push(event);
      this.#keptSize += event.event.length;
    }
    const isMuch = this.#kept.length > maxKeptEvents || this.#keptSize > maxKeptSize;
    // A reader that is waiting takes them at once, however many they are.
    if (isMuch && this.#wake === undefined) this.#fallBehind();
  }

  #fallBehind(): void {
    this.#isBehind = true;
    this.#clear();
  }

  #clear(): void {
    this.#kept = [];
    this.#keptSize = 0;
  }
}
