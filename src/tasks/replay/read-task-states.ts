import type { StateView } from '../../base/index.ts';
import { type Store, shardCount } from '../../store/index.ts';
import { taskJournal } from '../events.ts';
import type { TaskState } from '../fold.ts';
import { advance, loadTaskState } from '../reader.ts';
import { toTaskStateView } from './task-state-view.ts';

const pageLimit = 2_000;
/** Text of events that is folded at once; the tasks of a shard that has more are read one by one. */
const maxFoldedSize = 32 * 1024 * 1024;

/** The state of every task in the store, by one reading of all journals in their order; memory is bounded. */
export async function* readTaskStates(store: Pick<Store, 'read' | 'readShard'>): AsyncGenerator<readonly TaskState[]> {
  for (let shard = 0; shard < shardCount; shard++) yield* readShardStates(store, shard);
}

/** The same as plain JSON, to be compared. */
export async function* readTaskStateViews(store: Pick<Store, 'read' | 'readShard'>): AsyncGenerator<StateView> {
  for await (const states of readTaskStates(store)) yield* states.map(toTaskStateView);
}

async function* readShardStates(
  store: Pick<Store, 'read' | 'readShard'>,
  shard: number,
): AsyncGenerator<readonly TaskState[]> {
  const folding = new ShardFold();
  for (let position = ''; ; ) {
    const page = await store.readShard(shard, position, pageLimit);
    if (page.events.length === 0) break;
    position = page.position;
    for (const event of page.events) if (event.kind === taskJournal) folding.add(event);
  }
  if (folding.states.length > 0) yield folding.states;
  for (const id of folding.large) {
    const state = await loadTaskState(store, id);
    if (state !== undefined) yield [state];
  }
}

/** Brings the tasks of one shard forward together. */
class ShardFold {
  readonly #folded = new Map<string, TaskState>();
  readonly large = new Set<string>();
  #size = 0;

  get states(): readonly TaskState[] {
    return [...this.#folded.values()];
  }

  /** A journal that began to go while it was read is left out. */
  add({ key, sequence, event }: { readonly key: string; readonly sequence: number; readonly event: string }): void {
    if (this.large.has(key)) return;
    const state = this.#folded.get(key);
    if (sequence !== (state?.version ?? 0) + 1) return;
    const next = advance(state, key, event);
    if (state === undefined) this.#folded.set(key, next);
    this.#size += event.length;
    if (this.#size > maxFoldedSize) this.#putOff();
  }

  #putOff(): void {
    for (const id of this.#folded.keys()) this.large.add(id);
    this.#folded.clear();
    this.#size = 0;
  }
}
