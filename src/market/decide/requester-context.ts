import type { AwardPolicy } from '../policies/award-policy.ts';
import type { Reputation } from '../policies/reputation.ts';
import type { RequesterRules } from '../policies/requester-rules.ts';
import type { LogSight } from './log-sight.ts';

/** What a requester knows beside the thread. */
export interface RequesterContext {
  readonly nowMs: number;
  readonly requesterId: string;
  readonly terms: RequesterTerms;
  /** The providers that are known and could answer: when all of them have, nobody waits any longer. Empty: none is known. */
  readonly providers: readonly KnownProvider[];
  /** False only for agents that are known to be gone. */
  readonly isAlive: (agentId: string) => boolean;
  /** Whether others can be heard. */
  readonly log: LogSight;
  /** Somebody wants the request taken back; null: nobody. */
  readonly withdrawal: { readonly reason: string | null } | null;
}

/** What is known of a provider. */
export interface KnownProvider {
  readonly providerId: string;
  readonly capabilities: readonly string[];
  readonly reputation: Reputation;
  readonly lastAwardedAtMs: number | null;
}

/** On what a requester awards. */
export interface RequesterTerms {
  /** What it may cost at most; null: what the rules take. */
  readonly budget: number | null;
  readonly rules: RequesterRules;
  readonly policy: AwardPolicy;
  /** Counter-offers to each provider at most, where the request does not say. */
  readonly maxRounds: number;
  /** So long offers are awaited, from the request's timestamp on, where the request does not say. */
  readonly offersWithinMs: number;
  /** So long a provider may take to confirm an award. */
  readonly confirmWithinMs: number;
  /** So long it may take until work on a confirmed award begins. */
  readonly startWithinMs: number;
  /** So long who works may say nothing. */
  readonly quietMs: number;
}

/** The terms where nothing else is said. */
export const defaultTimes: Pick<
  RequesterTerms,
  'maxRounds' | 'offersWithinMs' | 'confirmWithinMs' | 'startWithinMs' | 'quietMs'
> = { maxRounds: 3, offersWithinMs: 5_000, confirmWithinMs: 10_000, startWithinMs: 60_000, quietMs: 300_000 };
