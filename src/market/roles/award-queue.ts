import type { ExecuteAction } from '../decide/decision.ts';

/** An award that waits for an executor. */
export interface WaitingAward {
  readonly action: ExecuteAction;
  /** The executors of this node that may do it. */
  readonly candidates: ReadonlySet<string>;
}

/** An executor as it is now. */
export interface ExecutorPlaces {
  readonly agentId: string;
  /** It may begin so many more. */
  readonly free: number;
}

/** Which award an executor begins next. */
export interface Match {
  readonly award: WaitingAward;
  readonly agentId: string;
}

/** Ranks awards: the lower goes first. */
export type RankAward = (action: ExecuteAction, nowMs: number) => number;

/**
 * Awards that wait for a free executor, without time and without I/O: of those that somebody could begin the one that ranks first goes to
 * the executor with the most free places, the one that was chosen longest ago among equals.
 */
export class AwardQueue {
  readonly #rank: RankAward;
  readonly #waiting = new Map<string, WaitingAward>();
  readonly #turns = new Map<string, number>();
  #turn = 0;

  constructor(rank: RankAward) {
    this.#rank = rank;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** How many wait that this executor may do. */
  sizeFor(agentId: string): number {
    return [...this.#waiting.values()].filter(({ candidates }) => candidates.has(agentId)).length;
  }

  awards(): readonly WaitingAward[] {
    return [...this.#waiting.values()];
  }

  /** Adds the award, or says anew who may do it. */
  put(award: WaitingAward): void {
    this.#waiting.set(award.action.taskId, award);
  }

  remove(taskId: string): void {
    this.#waiting.delete(taskId);
  }

  /** Takes the next award that somebody has a place for; undefined when there is none. */
  take(executors: readonly ExecutorPlaces[], nowMs: number): Match | undefined {
    const free = executors.filter((executor) => executor.free > 0);
    if (free.length === 0) return undefined;
    const ranked = [...this.#waiting.values()].sort(
      (a, b) => this.#rank(a.action, nowMs) - this.#rank(b.action, nowMs),
    );
    for (const award of ranked) {
      const executor = this.#choose(free.filter(({ agentId }) => award.candidates.has(agentId)));
      if (executor === undefined) continue;
      this.#waiting.delete(award.action.taskId);
      return { award, agentId: executor.agentId };
    }
    return undefined;
  }

  #choose(executors: readonly ExecutorPlaces[]): ExecutorPlaces | undefined {
    const turnOf = ({ agentId }: ExecutorPlaces): number => this.#turns.get(agentId) ?? 0;
    const [chosen] = executors.toSorted((a, b) => b.free - a.free || turnOf(a) - turnOf(b));
    if (chosen !== undefined) this.#turns.set(chosen.agentId, ++this.#turn);
    return chosen;
  }
}
