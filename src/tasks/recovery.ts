import type { Store } from '../store/index.ts';
import { taskIndexes } from './documents.ts';
import { taskCollection } from './events.ts';
import { hasEnded, type TaskState } from './fold.ts';

/**
 * What becomes of a task whose node went away, by the rule "Doing it once": what was not handed out is handed out now; what
 * was, and may be done twice, is handed out again; a cancelled one is cancelled, because its worker is gone; for anything
 * else nobody knows whether the work was done.
 */
export type RecoveryAction = 'none' | 'dispatch' | 'cancel' | 'unknown';

export function recoveryAction(state: TaskState): RecoveryAction {
  if (hasEnded(state)) return 'none';
  if (state.cancelRequested) return 'cancel';
  if (!state.dispatched || state.dispatched.idempotent) return 'dispatch';
  return 'unknown';
}

const pageSize = 500;

/** Ids of the node's tasks that have not ended, oldest status first; `''`: of the only node there is. */
export async function* findOpenTasks(store: Store, nodeId: string): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const page = await store.find({
      collection: taskCollection,
      index: taskIndexes.open,
      equals: nodeId,
      order: 'ascending',
      limit: pageSize,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { key } of page.documents) yield key;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
