import { TransientMap } from '../../base/index.ts';
import type { StoredEvent } from '../port.ts';
import { Watcher } from './watcher.ts';
import type { Committed } from './writer-client.ts';

/** Who watches which journal. */
export class WatchHub {
  readonly #watchers = new TransientMap<string, Set<Watcher>>();

  add(kind: string, key: string, after: number): Watcher {
    const watcher = new Watcher(after);
    const name = journalName(kind, key);
    const watchers = this.#watchers.get(name) ?? new Set<Watcher>();
    if (watchers.size === 0) this.#watchers.set(name, watchers);
    watchers.add(watcher);
    return watcher;
  }

  remove(kind: string, key: string, watcher: Watcher): void {
    const name = journalName(kind, key);
    const watchers = this.#watchers.get(name);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#watchers.delete(name);
  }

  /** Has every reader that waits look again: the store closes. */
  wakeAll(): void {
    for (const watchers of [...this.#watchers.values()]) for (const watcher of watchers) watcher.wake();
  }

  /** Hands what was just committed to those who watch its journal. */
  publish({ commit, atMs }: Committed): void {
    const { key, append } = commit;
    if (append === undefined || this.#watchers.size === 0) return;
    const watchers = this.#watchers.get(journalName(append.kind, key));
    if (watchers === undefined) return;
    const first = append.expectedVersion + 1;
    const events: readonly StoredEvent[] = append.events.map((event, index) => ({
      sequence: first + index,
      atMs,
      event,
    }));
    for (const watcher of watchers) watcher.offer(events);
  }
}

function journalName(kind: string, key: string): string {
  return `${kind}\n${key}`;
}
