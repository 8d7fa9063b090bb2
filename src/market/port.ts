import type { TraceContext } from '../agents/index.ts';
import type { Part } from '../protocol/index.ts';
import type { CallChain } from '../security/index.ts';

/**
 * Work that is put out to tender, as operators and the `market` agent use it. Guarantees:
 *
 * - A request that `request` has answered is in the store: it is published, awarded and ended also after kill -9 of the node.
 *   The same `taskId` is the same negotiation; with another content it is CONFLICT.
 * - A negotiation is awarded to one provider at a time; awards are numbered, and only the newest counts.
 * - What `show` and `follow` answer is folded from the records of the negotiation that this node has seen.
 * - Errors: NOT_FOUND (no such negotiation, no such agent), CONFLICT (it has ended), INVALID_PARAMS, UNAVAILABLE (the log or the
 *   store is away: try again), QUEUE_FULL (too many are open), CONFIG_INVALID (the market is off).
 */
export interface Market {
  /** Puts work out to tender; resolves when it cannot be lost any more, before anybody has answered. */
  request(request: MarketRequest): Promise<Negotiation>;
  /** Newest first. */
  list(query: NegotiationQuery): Promise<NegotiationPage>;
  /** One negotiation with all its records. */
  show(taskId: string): Promise<NegotiationThread>;
  /** The negotiation as it is, then after each change; ends with it, or when the signal aborts. */
  follow(taskId: string, signal: AbortSignal): AsyncIterable<Negotiation>;
  /** Nobody is to work on it any more; what an executor has begun is cancelled. Answers it as it is then. */
  withdraw(taskId: string, reason?: string): Promise<Negotiation>;
  /** What an agent with a role does now. NOT_FOUND when it has none on this node. */
  statusOf(agentId: string): Promise<MarketAgentStatus>;
  /** All agents that have a role on this node. */
  agents(): Promise<readonly MarketAgentStatus[]>;
}

/** Work to be put out to tender. */
export interface MarketRequest {
  /** The agent that asks, one with the role; default: the market's own requester. */
  readonly requesterId?: string;
  /** Default: a new one. At most 200 of letters, digits, `.`, `_`, `:` and `-`. */
  readonly taskId?: string;
  /** What is to be done, in words; at most 10,000 characters. */
  readonly description: string;
  /** What providers are told that it may cost. */
  readonly proposedCost?: number;
  /** What it may cost at most; no provider is told. */
  readonly budget?: number;
  /** 1 (the default) to 10: higher goes first. */
  readonly priority?: number;
  /** Only providers that have all of these bid. */
  readonly requiredCapabilities?: readonly string[];
  /** Ms since the epoch; what is not done by then has failed. */
  readonly deadlineAtMs?: number;
  /** Offers are taken for so long, unless every provider that is known has answered before; default: `market.offersMs`. */
  readonly offersMs?: number;
  /** Default: `market.maxRounds`. */
  readonly maxRounds?: number;
  /** By which policy it is awarded; default: the requester's. */
  readonly policy?: string;
  /** What the executor is handed; default: the description as text. */
  readonly input?: readonly Part[];
  readonly trace?: TraceContext;
  /** The calls that led to it: who is awarded it is their next link. Its requester keeps them to itself. */
  readonly chain?: CallChain;
  /** The task in which it is asked for. */
  readonly causationId?: string;
  /** Whose data it is: the principal on whose behalf it is asked for. Default: the operator's. */
  readonly party?: string;
}

/** `tendered`: offers are awaited. `awarded`: one provider has it, its confirmation or an executor is awaited. */
export type NegotiationPhase = 'tendered' | 'awarded' | 'running' | 'completed' | 'failed' | 'withdrawn';

/** A negotiation as its records say it is. */
export interface Negotiation {
  readonly taskId: string;
  readonly requesterId: string;
  readonly description: string;
  readonly phase: NegotiationPhase;
  readonly proposedCost?: number;
  readonly priority: number;
  readonly requiredCapabilities: readonly string[];
  readonly deadlineAtMs?: number;
  readonly offersUntilMs?: number;
  readonly createdAtMs: number;
  /** Of the newest record. */
  readonly updatedAtMs: number;
  /** One for each provider that has answered. */
  readonly offers: readonly MarketOffer[];
  /** Oldest first; the last one counts. */
  readonly awards: readonly MarketAward[];
  readonly rounds: number;
  /** 0 to 1, as the executor says it. */
  readonly progress?: number;
  readonly result?: readonly Part[];
  /** Why it failed or was withdrawn, or the last word of the executor. */
  readonly message?: string;
  /** Of the error catalogue, when it failed. */
  readonly code?: string;
}

/** What a provider has answered last. */
export interface MarketOffer {
  readonly providerId: string;
  readonly state: 'offered' | 'rejected' | 'gone';
  /** Null: it named none. */
  readonly price: number | null;
  readonly etaMs?: number;
  readonly executes: boolean;
  readonly message?: string;
  readonly atMs: number;
}

export interface MarketAward {
  /** 1, 2, …: the fence. */
  readonly number: number;
  readonly providerId: string;
  readonly executorId?: string;
  readonly price: number | null;
  readonly state: 'awarded' | 'confirmed' | 'running' | 'completed' | 'failed' | 'replaced' | 'withdrawn';
  readonly atMs: number;
}

/** A negotiation with its records, in the order in which this node has seen them. */
export interface NegotiationThread extends Negotiation {
  readonly records: readonly ThreadEntry[];
}

/** One record of a negotiation, as people read it. */
export interface ThreadEntry {
  /** `TASK/ACTOR/N`; for an original's record its place in the log. */
  readonly recordId: string;
  /** The record that it answers. */
  readonly causationId?: string;
  readonly topic: string;
  /** Undefined as long as it is not published. */
  readonly partition?: number;
  readonly offset?: number;
  readonly actorId: string;
  readonly atMs: number;
  /** Whether its signature was there and right. */
  readonly isVerified: boolean;
  /** The decoded value. */
  readonly value: Readonly<Record<string, unknown>>;
}

export interface NegotiationQuery {
  /** Only those in this phase; `open`: all that have not ended. */
  readonly phase?: NegotiationPhase | 'open';
  readonly limit: number;
  /** From an earlier page. */
  readonly cursor?: string;
}

export interface NegotiationPage {
  readonly negotiations: readonly Negotiation[];
  /** Undefined on the last page. */
  readonly cursor?: string;
}

export type MarketRole = 'requester' | 'provider' | 'executor';

/** What an agent with a role does, as its monitoring port says it. */
export interface MarketAgentStatus {
  readonly agentId: string;
  readonly roles: readonly MarketRole[];
  readonly isRunning: boolean;
  /** Negotiations in which it has something to do. */
  readonly activeTasks: readonly string[];
  /** The address without secrets: `kafka://…`, `redis://…`, or the name of the file. */
  readonly log: string;
  /** The address without secrets; undefined: the node's own. */
  readonly schemaRegistry?: string;
  /** With which its records are signed, `ed25519:…`: what other fabrics put into `market.trustedKeys`. */
  readonly signingKey?: string;
  readonly requester?: { readonly pendingRequests: readonly Negotiation[] };
  readonly provider?: {
    readonly capabilities: readonly string[];
    readonly maxCost: number | undefined;
    readonly activeNegotiations: readonly Negotiation[];
  };
  readonly executor?: {
    readonly queued: readonly QueuedAward[];
    readonly running: readonly QueuedAward[];
    readonly completedTasks: number;
    readonly failedTasks: number;
    readonly isPaused: boolean;
  };
}

/** An award that an executor has before it or in work. */
export interface QueuedAward {
  readonly taskId: string;
  readonly award: number;
  readonly priority: number;
  readonly description: string;
  readonly sinceMs: number;
}
