import { type Clock, hasCode } from '../../base/index.ts';
import type { Fence, Store } from '../../store/index.ts';
import {
  grow,
  loadNegotiation,
  type NegotiationEvent,
  type NegotiationState,
  toCommit,
} from './negotiation-journal.ts';
import { StateCache } from './state-cache.ts';

export interface NegotiationDeskOptions {
  readonly store: Pick<Store, 'commit' | 'read'>;
  readonly clock: Clock;
  /** How long a negotiation is kept after it was last heard of. */
  readonly keepMs: number;
}

/** What is to be done with a negotiation, given as it is. */
export interface DeskChange {
  readonly events: readonly NegotiationEvent[];
  readonly wakeAtMs: number | null;
  readonly fence?: Fence;
}

/** Given a negotiation as it is, what is to be done with it; undefined: nothing. */
export type DecideChange = (state: NegotiationState) => DeskChange | undefined;

export interface DeskReading {
  /** The store is asked although this node knows a state: another node may have gone on. Default false. */
  readonly isFresh?: boolean;
}

/** A negotiation to which others add so often while one looks at it is rare, and will be quiet soon. */
const maxAttempts = 100;

/**
 * Changes negotiations, one change of each at a time here, and under its journal's expected version, so that no other node's change
 * is overwritten or unseen: what was decided on an older state is decided anew.
 */
export class NegotiationDesk {
  readonly #options: NegotiationDeskOptions;
  readonly #states = new StateCache();
  readonly #lanes = new Map<string, Promise<unknown>>();

  constructor(options: NegotiationDeskOptions) {
    this.#options = options;
  }

  /**
   * Commits what `decide` makes of the negotiation and resolves with the state behind it; undefined from `decide` changes nothing. FENCED
   * when the change's lease has another holder.
   */
  change(taskId: string, decide: DecideChange, reading: DeskReading = {}): Promise<NegotiationState> {
    return this.#inLane(taskId, () => this.#tryChanges(taskId, decide, reading));
  }

  /** As the store has it now. */
  async look(taskId: string): Promise<NegotiationState> {
    const state = await loadNegotiation(this.#options.store, taskId);
    return state;
  }

  async #tryChanges(taskId: string, decide: DecideChange, { isFresh = false }: DeskReading): Promise<NegotiationState> {
    for (let attempt = 1; ; attempt++) {
      const state = await this.#stateOf(taskId, isFresh);
      const change = decide(state);
      if (change === undefined) return this.#keep(state);
      try {
        return this.#keep(await this.#commit(state, change));
      } catch (thrown) {
        this.#states.delete(taskId);
        if (!hasCode(thrown, 'VERSION_CONFLICT') || attempt === maxAttempts) throw thrown;
      }
    }
  }

  /** What is known is kept as long as it is what the store has: it says what its timer is set to, too. */
  async #stateOf(taskId: string, isFresh: boolean): Promise<NegotiationState> {
    const known = this.#states.get(taskId);
    if (known !== undefined && !isFresh) return known;
    const loaded = await loadNegotiation(this.#options.store, taskId);
    return known?.version === loaded.version ? known : loaded;
  }

  async #commit(state: NegotiationState, { events, wakeAtMs, fence }: DeskChange): Promise<NegotiationState> {
    if (events.length === 0 && state.timerAtMs === wakeAtMs) return state;
    const { store, clock, keepMs } = this.#options;
    const nowMs = clock.now();
    const next = events.length === 0 ? state : grow(state, events, nowMs);
    const commit = toCommit(state, next, { events, wakeAtMs, keepMs, nowMs });
    await store.commit({ ...commit, ...(fence && { fence }) });
    return { ...next, timerAtMs: wakeAtMs };
  }

  #keep(state: NegotiationState): NegotiationState {
    if (state.version > 0) this.#states.set(state);
    return state;
  }

  #inLane<T>(taskId: string, run: () => Promise<T>): Promise<T> {
    const before = this.#lanes.get(taskId) ?? Promise.resolve();
    const after = before.then(run, run);
    const settled = after.catch(() => {});
    this.#lanes.set(taskId, settled);
    void settled.then(() => {
      if (this.#lanes.get(taskId) === settled) this.#lanes.delete(taskId);
    });
    return after;
  }
}
