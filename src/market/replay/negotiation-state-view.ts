import type { JsonObject, StateView } from '../../base/index.ts';
import { type Store, shardCount } from '../../store/index.ts';
import { loadNegotiation, negotiationJournal } from '../roles/negotiation-journal.ts';
import type { Thread } from '../thread/thread.ts';
import { hasEnded, viewNegotiation } from '../thread/view-negotiation.ts';

const pageLimit = 1_000;

/** A negotiation as its thread says it is, as plain JSON; what only its requester knows is not in it, as it is not in the log. */
function toNegotiationStateView(thread: Thread): StateView {
  const negotiation = viewNegotiation(thread);
  const times = thread.records.map(({ place, value }) => place?.atMs ?? value.timestamp);
  const plain = JSON.parse(JSON.stringify({ thread, negotiation }));
  return {
    ...{ kind: 'negotiation', id: thread.taskId, version: thread.records.filter(({ place }) => place !== null).length },
    ...{ beganAtMs: Math.min(...times), changedAtMs: Math.max(...times), hasEnded: hasEnded(negotiation) },
    state: plain as JsonObject,
  };
}

/** The view of one negotiation, by its journal; undefined when no record of it was seen. */
export async function readNegotiationState(store: Pick<Store, 'read'>, taskId: string): Promise<StateView | undefined> {
  const { thread } = await loadNegotiation(store, taskId);
  return thread.records.length === 0 ? undefined : toNegotiationStateView(thread);
}

/** All negotiations of the store, one at a time. */
export async function* readNegotiationStates(store: Pick<Store, 'read' | 'readShard'>): AsyncGenerator<StateView> {
  for (let shard = 0; shard < shardCount; shard++) {
    for (let position = ''; ; ) {
      const page = await store.readShard(shard, position, pageLimit);
      if (page.events.length === 0) break;
      position = page.position;
      for (const { kind, key, sequence } of page.events) {
        if (kind !== negotiationJournal || sequence !== 1) continue;
        const view = await readNegotiationState(store, key);
        if (view !== undefined) yield view;
      }
    }
  }
}
