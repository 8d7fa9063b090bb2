import type { Clock } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { taskJournal } from './events.ts';

export interface GenerationWait {
  readonly store: Store;
  readonly clock: Clock;
  readonly taskId: string;
  /** The sequence that the journal has to go beyond. */
  readonly beyond: number;
  readonly longestMs: number;
  /** Whoever waits leaves, or the node stops. */
  readonly signal: AbortSignal;
}

/** Resolves once the journal of the task, on whatever node it is written, goes beyond a sequence; else when the time is over or the signal aborts. */
export async function awaitGeneration(wait: GenerationWait): Promise<void> {
  const { store, clock, taskId, beyond, longestMs, signal } = wait;
  const patience = new AbortController();
  const cancel = clock.schedule(longestMs, () => patience.abort());
  try {
    for await (const _events of store.tail(taskJournal, taskId, beyond, AbortSignal.any([signal, patience.signal])))
      return;
  } finally {
    cancel();
  }
}
