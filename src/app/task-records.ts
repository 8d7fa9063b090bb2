import type { StateView } from '../base/index.ts';
import type { TaskRecords } from '../control/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import { createTaskBlobs, readTaskStateViews } from '../tasks/index.ts';

/** What the store has of tasks, for those who compare it with the log. */
export function createTaskRecords(store: Store, blobs: BlobStore): TaskRecords {
  const contents = createTaskBlobs(store, blobs);
  return { states: () => readStates(store), attach: async (parts) => contents.attach(parts) };
}

async function* readStates(store: Store): AsyncGenerator<StateView> {
  yield* readTaskStateViews(store);
  const { readNegotiationStates } = await import('../market/replay/index.ts');
  yield* readNegotiationStates(store);
}
