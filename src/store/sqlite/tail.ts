import type { StoredEvent } from '../port.ts';
import type { JournalReader } from './journal-reader.ts';
import type { WatchHub } from './watch-hub.ts';
import type { Watcher } from './watcher.ts';

const pageLimit = 256;
const pageSize = 512 * 1024;

export interface TailOptions {
  readonly kind: string;
  readonly key: string;
  readonly after: number;
  /** Ends the iteration without an error. */
  readonly signal: AbortSignal;
  /** Ends the iteration with the signal's reason, once the hub wakes those that wait. */
  readonly closed: AbortSignal;
  readonly hub: WatchHub;
  readonly journals: JournalReader;
}

/** Follows one journal; what the reader does not take stays in the journal. */
export async function* tail(options: TailOptions): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  const { kind, key, after, signal, closed, hub } = options;
  closed.throwIfAborted();
  const watcher = hub.add(kind, key, after);
  const wake = (): void => watcher.wake();
  signal.addEventListener('abort', wake, { once: true });
  try {
    while (!signal.aborted) {
      closed.throwIfAborted();
      const events = await nextEvents(options, watcher);
      if (events.length > 0) yield events;
    }
  } finally {
    signal.removeEventListener('abort', wake);
    hub.remove(kind, key, watcher);
  }
}

/** Empty when there is a reason to look again. */
async function nextEvents(options: TailOptions, watcher: Watcher): Promise<readonly StoredEvent[]> {
  const step = watcher.next();
  if (step.type === 'deliver') return step.events;
  if (step.type === 'wait') {
    await new Promise<void>((resolve) => watcher.onOffer(resolve));
    return [];
  }
  const { kind, key, journals } = options;
  const events = journals.read({ kind, key, after: step.after, limit: pageLimit, maxSize: pageSize });
  watcher.read(events);
  return events;
}
