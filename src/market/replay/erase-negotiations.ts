import { type Store, shardCount } from '../../store/index.ts';
import {
  loadNegotiation,
  type NegotiationEvent,
  type NegotiationState,
  negotiationJournal,
} from '../roles/negotiation-journal.ts';
import { hasEnded } from '../thread/view-negotiation.ts';
import { eraseRecord } from '../wire/seal-contents.ts';

/** What an erasure takes away of negotiations. */
export interface ErasedNegotiations {
  /** Those that had ended, whose contents are gone from the store. */
  readonly ended: number;
  /** Those that go on: they stay, and are to be erased when they have ended. */
  readonly open: readonly string[];
}

export interface EraseNegotiationsOptions {
  readonly store: Pick<Store, 'commit' | 'read' | 'readShard'>;
  /** The principal on whose behalf they were asked for. */
  readonly party: string;
  /** Whether a key is, or was, the party's: of those that were rebuilt from the log nothing else is known. */
  readonly isKeyOf: (keyId: string) => boolean;
  /** Counts, and erases nothing. */
  readonly isDry: boolean;
}

const pageLimit = 1_000;

/**
 * Takes the contents of one party's negotiations out of the store. Who took part, when, at which prices, and how it ended stays, as it does in the
 * log once the party's keys are erased.
 */
export async function eraseNegotiations(options: EraseNegotiationsOptions): Promise<ErasedNegotiations> {
  const { store, isDry } = options;
  const open: string[] = [];
  let ended = 0;
  for await (const state of readAll(store)) {
    if (!isOfParty(state, options)) continue;
    if (!hasEnded(state.negotiation)) {
      open.push(state.taskId);
      continue;
    }
    ended++;
    if (!isDry) await replaceJournal(store, state);
  }
  return { ended, open };
}

function isOfParty({ plan, thread }: NegotiationState, { party, isKeyOf }: EraseNegotiationsOptions): boolean {
  if (plan?.party === party) return true;
  const { sealedWith } = thread.records[0] ?? {};
  // What was erased before has no plan any more, and nothing to erase.
  return sealedWith !== undefined && isKeyOf(sealedWith) && thread.records.some((record) => hasContents(record));
}

function hasContents(record: NegotiationState['thread']['records'][number]): boolean {
  return JSON.stringify(record) !== JSON.stringify(eraseRecord(record));
}

/** A journal can only grow, so it is taken away and begun anew. Broken off in between, the negotiation is gone from the store. */
async function replaceJournal(
  store: EraseNegotiationsOptions['store'],
  { taskId: key, thread, createdAtMs }: NegotiationState,
): Promise<void> {
  const events: readonly NegotiationEvent[] = [
    { type: 'erased', createdAtMs },
    ...thread.records.map((record): NegotiationEvent => ({ type: 'record', record: eraseRecord(record) })),
  ];
  const texts = events.map((event) => JSON.stringify(event));
  await store.commit({ key, dropJournal: negotiationJournal });
  await store.commit({ key, append: { kind: negotiationJournal, expectedVersion: 0, events: texts } });
}

/** Every negotiation of the store, each as it is when its turn has come. */
async function* readAll(store: EraseNegotiationsOptions['store']): AsyncGenerator<NegotiationState> {
  for (let shard = 0; shard < shardCount; shard++) {
    for (const taskId of await idsIn(store, shard)) yield await loadNegotiation(store, taskId);
  }
}

/** Read to the end first: journals that are begun anew come behind it. */
async function idsIn(store: Pick<Store, 'readShard'>, shard: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let position = ''; ; ) {
    const page = await store.readShard(shard, position, pageLimit);
    if (page.events.length === 0) return ids;
    position = page.position;
    for (const { kind, key, sequence } of page.events) {
      if (kind === negotiationJournal && sequence === 1) ids.push(key);
    }
  }
}
