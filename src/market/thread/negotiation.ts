import type { TaskRequest } from '../wire/records.ts';

/**
 * How far a negotiation is. `unknown`: its request was not seen yet. `open`: offers are taken. `awarded`: the provider has not confirmed yet.
 * `accepted`: it has, and nobody works yet. `running`. Then one of the three ends.
 */
export type Phase = 'unknown' | 'open' | 'awarded' | 'accepted' | 'running' | 'completed' | 'failed' | 'withdrawn';

/** What a thread comes to: derived from its records alone. */
export interface Negotiation {
  readonly taskId: string;
  readonly phase: Phase;
  /** The first request of the log for this task, of verified ones where there is one; others under its id are ignored. */
  readonly request: TaskRequest | null;
  /** Record id of the request: what offers answer. */
  readonly requestRecordId: string | null;
  /** One for each provider that has said anything, in the order of their first words in the log. */
  readonly offers: readonly Offer[];
  /** By fence, from the first to the last; those of whom it was not to award are not in it. */
  readonly awards: readonly Award[];
  /** The fence that counts: the highest; 0 while nothing is awarded. */
  readonly fence: number;
  readonly outcome: Outcome | null;
}

/** What a provider offers, after all rounds. */
export interface Offer {
  readonly providerId: string;
  readonly state: 'standing' | 'rejected';
  /** What it wants; null: it has not named a price. */
  readonly price: number | null;
  /** What the provider itself named last. */
  readonly askedPrice: number | null;
  /** The provider has said yes to no more than the requester has offered. */
  readonly isAgreed: boolean;
  readonly executes: boolean;
  readonly etaMs: number | null;
  readonly message: string | null;
  /** It knows no awards: its ACCEPTED without a fence confirms one. */
  readonly isOriginal: boolean;
  readonly isVerified: boolean;
  /** It has said ACCEPTED without a fence. */
  readonly hasAccepted: boolean;
  /** Rounds with the requester, from the first on. */
  readonly rounds: readonly Round[];
  /** When the provider said so, by its own clock. Ms since the epoch. */
  readonly atMs: number;
  /** The record that made the offer what it is: what answers it names as cause. */
  readonly recordId: string;
}

/** A counter-offer of the requester and what the provider answered. */
export interface Round {
  readonly round: number;
  /** Null: the requester approved, or named no price. */
  readonly offer: number | null;
  /** The requester agreed to the provider's price, so that nothing is to be answered but by ACCEPTED. */
  readonly isApproval: boolean;
  readonly recordId: string;
  /** By the requester's clock. Ms since the epoch. */
  readonly atMs: number;
  readonly answer: RoundAnswer | null;
}

/** `refused` without an offer of its own: what the provider wanted before still stands. */
export interface RoundAnswer {
  readonly approved: boolean;
  readonly offer: number | null;
  readonly message: string | null;
  readonly recordId: string;
}

/** One award and what became of it. */
export interface Award {
  readonly fence: number;
  readonly providerId: string;
  /** Who alone may do the work; null: any executor of the pool. */
  readonly executorId: string | null;
  readonly price: number | null;
  readonly deadline: number | null;
  /** `pending`: not confirmed. `refused`: by the provider. Of an award with a later one, what it came to until then. */
  readonly state: 'pending' | 'refused' | 'confirmed' | 'running' | 'completed' | 'failed';
  /** Nobody awarded: the first ACCEPTED in the log is the award (requests of originals). */
  readonly isImplicit: boolean;
  /** When it was awarded, by the requester's clock. */
  readonly atMs: number;
  /** When the provider or the executor last said something to it, by their clock; the award's own time before. */
  readonly heardAtMs: number;
  readonly recordId: string;
  /** When work began, by the clock of who works; null: nobody has said RUNNING. */
  readonly startedAtMs: number | null;
  /** Who works, once somebody does. */
  readonly workerId: string | null;
  readonly progress: number | null;
  readonly message: string | null;
  readonly result: string | null;
  readonly code: string | null;
}

/** How it ended. */
export interface Outcome {
  readonly status: 'completed' | 'failed' | 'withdrawn';
  readonly providerId: string | null;
  readonly executorId: string | null;
  readonly price: number | null;
  /** A2A parts as JSON text. */
  readonly result: string | null;
  readonly message: string | null;
  readonly code: string | null;
  /** By the clock of who ended it. */
  readonly atMs: number;
}
