import type { StateView } from '../base/index.ts';
import type { LogErasure, TaskRecords } from '../control/index.ts';
import { recordHeaders } from '../log/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import {
  createTaskBlobs,
  createUnsealedLog,
  type EraseOptions,
  eraseParty,
  type PartyKeys,
  readTaskStateViews,
} from '../tasks/index.ts';

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
    async openValue(headers, value) {
      const sealedWith = headers[recordHeaders.sealedWith];
      if (sealedWith === undefined) return value;
      const { openValue } = await import('../market/replay/index.ts');
      return openValue(value, sealedWith, keys);
    },
    erase: (party, isDry) => erase({ store, keys, party, isDry }),
  };
}

async function erase(order: EraseOptions & { readonly keys: Pick<PartyKeys, 'isOf'> }): Promise<LogErasure> {
  const { keys, party } = order;
  const { open, ...erased } = await eraseParty(order);
  const { eraseNegotiations } = await import('../market/replay/index.ts');
  const negotiations = await eraseNegotiations({ ...order, isKeyOf: (id) => keys.isOf(party, id) });
  return { ...erased, negotiations: negotiations.ended, open: [...open, ...negotiations.open] };
}

async function* readStates(store: Store): AsyncGenerator<StateView> {
  yield* readTaskStateViews(store);
  const { readNegotiationStates } = await import('../market/replay/index.ts');
  yield* readNegotiationStates(store);
}
