import type { StateView } from '../base/index.ts';
import type { TaskRecords } from '../control/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import { createTaskBlobs, createUnsealedLog, eraseParty, type PartyKeys, readTaskStateViews } from '../tasks/index.ts';

export interface TaskRecordsOptions {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly parties: PartyKeys;
}

/** What the store and the log have of tasks, for those who compare and erase it. */
export function createTaskRecords({ store, blobs, parties: keys }: TaskRecordsOptions): TaskRecords {
  const contents = createTaskBlobs(store, blobs);
  return {
    states: () => readStates(store),
    attach: async (parts) => contents.attach(parts),
    unseal: (log) => createUnsealedLog(log, keys),
    erase: (party, isDry) => eraseParty({ store, keys, party, isDry }),
  };
}

async function* readStates(store: Store): AsyncGenerator<StateView> {
  yield* readTaskStateViews(store);
  const { readNegotiationStates } = await import('../market/replay/index.ts');
  yield* readNegotiationStates(store);
}
