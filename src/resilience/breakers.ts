import {
  type Clock,
  type Component,
  formatTimestamp,
  type Logger,
  ParleyError,
  type Telemetry,
} from '../base/index.ts';
import type { Store } from '../store/index.ts';
import {
  admit,
  type BreakerState,
  type CallVerdict,
  closedBreaker,
  type OpenBreaker,
  type Passage,
  settle,
} from './breaker.ts';
import { breakerCollection, breakerIndex, openingChange, readOpening } from './breaker-document.ts';
import { verdictOf } from './classify-failure.ts';
import type { BreakerRule } from './settings.ts';

export interface BreakersOptions {
  readonly store: Pick<Store, 'commit' | 'find'>;
  readonly ruleOf: (agentId: string) => BreakerRule;
  /** How often other nodes' breakers are looked at; undefined: no other node uses the store. */
  readonly pollMs: number | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** A breaker as operators see it. */
export interface BreakerView {
  readonly agentId: string;
  readonly phase: BreakerState['phase'];
  /** In a row, while it is closed. */
  readonly failures?: number;
  readonly openedAtMs?: number;
  readonly untilMs?: number;
  readonly by?: OpenBreaker['by'];
  readonly reason?: string;
}

interface Entry {
  state: BreakerState;
  /** The opening is in the store: that it is gone from there means that somebody has closed it. */
  isShared: boolean;
}

const pageSize = 500;
const maxReasonLength = 300;
const gauge: Readonly<Record<BreakerState['phase'], number>> = { closed: 0, 'half-open': 1, open: 2 };
const passing: Passage = { turn: undefined };

/**
 * The circuit breakers of all agents, as this node knows them. To ask is a look into a map that holds only agents in trouble; an
 * opening is also written to the store, where the other nodes find it, and found there again after a restart. Each node lets
 * its own probes through.
 */
export class Breakers implements Component {
  readonly name = 'breakers';
  readonly #options: BreakersOptions;
  readonly #entries = new Map<string, Entry>();
  /** A worker that dies takes all its calls with it: one failure, however many they were. */
  readonly #counted = new WeakSet<object>();
  /** Agents whose breaker this node has moved since it last looked at the store. */
  readonly #moved = new Set<string>();
  #writes: Promise<void> = Promise.resolve();
  #cancelPoll: (() => void) | undefined;
  #stopped = false;

  constructor(options: BreakersOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#look();
    this.#pollLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll?.();
    await this.#writes;
  }

  /** Why the agent would get no call now; undefined when it would. */
  refusal(agentId: string): ParleyError | undefined {
    const entry = this.#entries.get(agentId);
    if (entry === undefined) return undefined;
    const { passage } = admit(entry.state, this.#options.clock.now(), this.#options.ruleOf(agentId));
    return passage ? undefined : this.#refusal(agentId, entry.state);
  }

  /** A call is out that decides whether the agent gets others again. */
  isProbing(agentId: string): boolean {
    return this.#entries.get(agentId)?.state.phase === 'half-open';
  }

  /** A call goes to the agent; `leave` must follow. Throws BREAKER_OPEN. */
  enter(agentId: string): Passage {
    const entry = this.#entries.get(agentId);
    if (entry === undefined) return passing;
    const { state, passage } = admit(entry.state, this.#options.clock.now(), this.#options.ruleOf(agentId));
    if (passage === undefined) throw this.#refusal(agentId, entry.state);
    this.#set(agentId, entry, state);
    return passage;
  }

  /** The call is over: answered, failed by what it threw, or left by its caller. */
  leave(agentId: string, passage: Passage, outcome: 'answered' | 'left' | { readonly thrown: unknown }): void {
    const entry = this.#entries.get(agentId);
    if (outcome === 'answered') {
      if (entry !== undefined) this.#settle(agentId, passage, 'success', '');
    } else if (outcome === 'left') {
      if (entry !== undefined) this.#settle(agentId, passage, 'neither', '');
    } else {
      const error = ParleyError.from(outcome.thrown);
      this.#settle(agentId, passage, this.#verdict(error, passage), error.message);
    }
  }

  /** Those that are not closed, or count failures, by agent id. */
  list(): readonly BreakerView[] {
    return [...this.#entries].map(([agentId, { state }]) => toView(agentId, state)).sort(byAgent);
  }

  view(agentId: string): BreakerView {
    return toView(agentId, this.#entries.get(agentId)?.state ?? closedBreaker);
  }

  /** By hand: no calls until then; `untilMs` undefined: until it is closed by hand. Resolves when other nodes can see it. */
  async open(agentId: string, untilMs: number | undefined, reason: string): Promise<BreakerView> {
    const openedAtMs = this.#options.clock.now();
    const opening: OpenBreaker = { phase: 'open', turn: openedAtMs, openedAtMs, untilMs, by: 'operator', reason };
    const entry = this.#entryOf(agentId);
    this.#set(agentId, entry, opening);
    await this.#write(agentId, entry);
    return this.view(agentId);
  }

  /** By hand: calls pass again, and failures are counted anew. */
  async close(agentId: string): Promise<BreakerView> {
    const entry = this.#entryOf(agentId);
    this.#set(agentId, entry, closedBreaker);
    await this.#write(agentId, entry);
    return this.view(agentId);
  }

  #verdict(error: ParleyError, { turn }: Passage): CallVerdict {
    const verdict = verdictOf(error);
    if (verdict !== 'failure' || turn !== undefined) return verdict;
    if (this.#counted.has(error)) return 'neither';
    this.#counted.add(error);
    return 'failure';
  }

  #settle(agentId: string, passage: Passage, verdict: CallVerdict, message: string): void {
    if (verdict === 'neither' && passage.turn === undefined) return;
    const entry = this.#entryOf(agentId);
    const nowMs = this.#options.clock.now();
    const reason = message.slice(0, maxReasonLength);
    const before = entry.state.phase;
    const state = settle(entry.state, { passage, verdict, reason, nowMs, turn: nowMs }, this.#options.ruleOf(agentId));
    this.#set(agentId, entry, state);
    if (state.phase === before) return;
    if (state.phase === 'open') this.#opened(agentId, reason);
    if (state.phase !== 'half-open') this.#write(agentId, entry).catch(() => {});
  }

  #opened(agentId: string, reason: string): void {
    const { logger, telemetry } = this.#options;
    telemetry.count('parley_breaker_opened_total', { agent: agentId });
    logger.warn('an agent gets no calls for a while', { agentId, reason });
  }

  #entryOf(agentId: string): Entry {
    return this.#entries.get(agentId) ?? { state: closedBreaker, isShared: false };
  }

  #set(agentId: string, entry: Entry, state: BreakerState): void {
    if (state.phase !== entry.state.phase) {
      this.#options.telemetry.gauge('parley_breaker_state', gauge[state.phase], { agent: agentId });
    }
    entry.state = state;
    if (state.phase === 'closed' && state.failures === 0) this.#entries.delete(agentId);
    else this.#entries.set(agentId, entry);
  }

  #refusal(agentId: string, state: BreakerState): ParleyError {
    const untilMs = state.phase === 'open' ? state.untilMs : undefined;
    const why = state.phase === 'closed' ? '' : ` ${state.reason.replace(/\.$/, '')}.`;
    const until = untilMs === undefined ? '' : ` It is tried again at ${formatTimestamp(untilMs)}.`;
    const retryAfterMs = untilMs === undefined ? 1_000 : Math.max(1_000, untilMs - this.#options.clock.now());
    return new ParleyError('BREAKER_OPEN', `The breaker of agent ${agentId} is open:${why}${until}`, {
      retryAfterMs,
      details: { agentId },
    });
  }

  /** One after the other, each as the state is when its turn comes. */
  #write(agentId: string, entry: Entry): Promise<void> {
    this.#moved.add(agentId);
    const written = this.#writes.then(async () => {
      const { state } = entry;
      const change = state.phase === 'open' ? openingChange(state) : { collection: breakerCollection };
      if (state.phase === 'half-open') return;
      await this.#options.store.commit({ key: agentId, documents: [change] });
      entry.isShared = state.phase === 'open';
    });
    this.#writes = written.catch((thrown: unknown) => {
      const error = ParleyError.from(thrown).message;
      this.#options.logger.warn('other nodes do not hear of a breaker', { agentId, error });
    });
    return written;
  }

  #pollLater(): void {
    const { pollMs, clock, logger } = this.#options;
    if (pollMs === undefined || this.#stopped) return;
    this.#cancelPoll = clock.schedule(pollMs, () => {
      this.#look()
        .catch((thrown: unknown) =>
          logger.warn('the breakers of other nodes are not known', { error: ParleyError.from(thrown).message }),
        )
        .finally(() => this.#pollLater());
    });
  }

  /** Takes over what the store says, but for what this node knows better. */
  async #look(): Promise<void> {
    await this.#allWritten();
    this.#moved.clear();
    const found = await this.#readAll();
    for (const [agentId, opening] of found) if (!this.#moved.has(agentId)) this.#takeOver(agentId, opening);
    for (const [agentId, entry] of this.#entries) {
      const isGone = entry.isShared && !found.has(agentId) && !this.#moved.has(agentId);
      if (isGone) this.#set(agentId, entry, closedBreaker);
    }
  }

  /** What this node has moved is in the store, and nothing more is on its way there. */
  async #allWritten(): Promise<void> {
    for (let seen: Promise<void> | undefined; seen !== this.#writes; ) {
      seen = this.#writes;
      await seen;
    }
  }

  #takeOver(agentId: string, opening: OpenBreaker): void {
    const entry = this.#entryOf(agentId);
    if (isKnown(entry, opening)) return;
    entry.isShared = true;
    this.#set(agentId, entry, opening);
  }

  async #readAll(): Promise<ReadonlyMap<string, OpenBreaker>> {
    const found = new Map<string, OpenBreaker>();
    let cursor: string | undefined;
    do {
      const after = cursor === undefined ? {} : { cursor };
      const page = await this.#options.store.find({
        ...{ collection: breakerCollection, index: breakerIndex, equals: '' },
        ...{ order: 'ascending', limit: pageSize, ...after },
      });
      for (const { key, value } of page.documents) {
        const opening = readOpening(value);
        if (opening) found.set(key, opening);
      }
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }
}

/** The same opening, or a later one that could not be written. What nodes say of one that is in the store no clock decides: the last to write it counts. */
function isKnown({ state, isShared }: Entry, { openedAtMs, by }: OpenBreaker): boolean {
  if (state.phase === 'closed') return false;
  if (state.openedAtMs === openedAtMs && state.by === by) return true;
  return !isShared && state.openedAtMs >= openedAtMs;
}

function toView(agentId: string, state: BreakerState): BreakerView {
  const { phase } = state;
  if (state.phase === 'closed') return { agentId, phase, failures: state.failures };
  const { openedAtMs, by, reason } = state;
  const untilMs = state.phase === 'open' ? state.untilMs : undefined;
  return { agentId, phase, openedAtMs, ...(untilMs !== undefined && { untilMs }), by, reason };
}

function byAgent(a: BreakerView, b: BreakerView): number {
  return a.agentId < b.agentId ? -1 : 1;
}
