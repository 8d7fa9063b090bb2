import type { StoredEvent } from '../port.ts';
import type { Waiter, WakeHub } from './wake-hub.ts';

const pageLimit = 64;
/** A message that wakes may get lost with a server: everybody looks by himself now and then. */
const lookAgainMs = 10_000;

export interface TailOptions {
  readonly journal: string;
  readonly after: number;
  /** Ends the iteration without an error. */
  readonly signal: AbortSignal;
  /** Ends the iteration with the signal's reason. */
  readonly closed: AbortSignal;
  readonly hub: WakeHub;
  readonly retry: <T>(run: () => Promise<T>) => Promise<T>;
  readonly read: (after: number, limit: number) => Promise<readonly StoredEvent[]>;
}

/** Follows one journal; what the reader does not take stays in Redis. */
export async function* tail(options: TailOptions): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  const { journal, signal, closed, hub, retry } = options;
  closed.throwIfAborted();
  if (signal.aborted) return;
  const waiter = await retry(() => hub.join(journal));
  try {
    yield* follow(options, waiter);
  } finally {
    waiter.leave();
  }
}

async function* follow(options: TailOptions, waiter: Waiter): AsyncGenerator<readonly StoredEvent[], void, undefined> {
  const { signal, closed, retry, read } = options;
  let after = options.after;
  while (!signal.aborted) {
    closed.throwIfAborted();
    const events = await retry(() => read(after, pageLimit));
    after = events.at(-1)?.sequence ?? after;
    if (events.length > 0 && !signal.aborted) yield events;
    if (events.length < pageLimit) await waitAWhile(waiter, [signal, closed]);
  }
}

async function waitAWhile(waiter: Waiter, signals: readonly AbortSignal[]): Promise<void> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), lookAgainMs);
  timer.unref();
  await waiter.wait([...signals, stop.signal]);
  clearTimeout(timer);
}
