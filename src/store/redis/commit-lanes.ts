import { ParleyError } from '../../base/index.ts';
import type { Commit } from '../port.ts';
import type { NamedCommit } from './encode-commits.ts';

/** What became of one commit: undefined when it was carried out. */
export type CommitOutcome = ParleyError | undefined;

export interface CommitLanesOptions {
  /** Carries out commits on one key in their order; rejects when nobody knows what became of them. */
  readonly send: (key: string, commits: readonly NamedCommit[]) => Promise<readonly CommitOutcome[]>;
  readonly createId: () => string;
}

interface WaitingCommit extends NamedCommit {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  waiting: WaitingCommit[];
}

const maxBatchCommits = 256;
const maxBatchEvents = 1_000;
const maxPending = 50_000;

/**
 * Keeps commits on one key in order, though the connection may break under any of them: of each key one batch is under way, what
 * comes meanwhile goes together with the next. Commits on different keys do not wait for one another.
 */
export class CommitLanes {
  readonly #options: CommitLanesOptions;
  readonly #lanes = new Map<string, Lane>();
  #pending = 0;
  #idle: (() => void) | undefined;

  constructor(options: CommitLanesOptions) {
    this.#options = options;
  }

  commit(commit: Commit): Promise<void> {
    if (this.#pending >= maxPending) return Promise.reject(tooMany());
    return new Promise((resolve, reject) => {
      this.#pending++;
      const waiting = { id: this.#options.createId(), commit, resolve, reject };
      const lane = this.#lanes.get(commit.key);
      if (lane) lane.waiting.push(waiting);
      else this.#open(commit.key, waiting);
    });
  }

  /** Resolves when nothing is under way. */
  async drain(): Promise<void> {
    if (this.#lanes.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
  }

  #open(key: string, first: WaitingCommit): void {
    const lane = { waiting: [first] };
    this.#lanes.set(key, lane);
    void this.#run(key, lane);
  }

  async #run(key: string, lane: Lane): Promise<void> {
    while (lane.waiting.length > 0) {
      const batch = takeBatch(lane);
      try {
        this.#settle(batch, await this.#options.send(key, batch));
      } catch (thrown) {
        // What came behind would be carried out as if these had been: they end with them.
        this.#fail([...batch, ...lane.waiting.splice(0)], thrown);
      }
    }
    this.#lanes.delete(key);
    if (this.#lanes.size === 0) this.#idle?.();
  }

  #settle(batch: readonly WaitingCommit[], outcomes: readonly CommitOutcome[]): void {
    this.#pending -= batch.length;
    for (const [index, { resolve, reject }] of batch.entries()) {
      const refusal = outcomes[index];
      if (refusal) reject(refusal);
      else resolve();
    }
  }

  #fail(commits: readonly WaitingCommit[], thrown: unknown): void {
    this.#pending -= commits.length;
    for (const { reject } of commits) reject(thrown);
  }
}

function takeBatch(lane: Lane): readonly WaitingCommit[] {
  let events = 0;
  let count = 0;
  for (const { commit } of lane.waiting) {
    events += commit.append?.events.length ?? 0;
    if (count > 0 && (count >= maxBatchCommits || events > maxBatchEvents)) break;
    count++;
  }
  return lane.waiting.splice(0, count);
}

function tooMany(): ParleyError {
  const message = `${maxPending} changes wait for Redis already. Try again when it answers.`;
  return new ParleyError('UNAVAILABLE', message, { retryAfterMs: 1_000 });
}
