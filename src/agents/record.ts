import type { JsonObject } from '../base/index.ts';
import type { AgentSkill } from '../protocol/index.ts';

/** A skill with what the fabric needs to call it. */
export interface SkillRecord extends AgentSkill {
  /** Safe to hand out again after a crash, with the same invocation id. */
  readonly idempotent: boolean;
  readonly private: boolean;
  /** The role that a caller needs; unset: none. */
  readonly roleRequired?: string;
  readonly inputSchema?: JsonObject;
  readonly outputSchema?: JsonObject;
  /** The schemas of the registry that the two were made of, as the manifest names them. */
  readonly inputSchemaRef?: string;
  readonly outputSchemaRef?: string;
  readonly timeouts: TimeoutSettings;
  /** `maxRetries` and `hedgeAfterMs` of this skill. */
  readonly resilience?: ResilienceSettings;
}

/** How calls stand failures, as a manifest or an operator says it. Unset = the fabric's default. */
export interface ResilienceSettings {
  /** Tries after the first, where trying again is safe. */
  readonly maxRetries?: number | undefined;
  /** A skill that may be done twice is handed out a second time after so long without a word. Off when unset. */
  readonly hedgeAfterMs?: number | undefined;
  /** Failures in a row after which the agent gets no calls for a while; 0: never. */
  readonly breakerFailures?: number | undefined;
  readonly breakerOpenMs?: number | undefined;
}

/** The roles that an agent takes in the market (docs/market.md). Unset = the market's default. */
export interface MarketRoles {
  readonly requester?: RequesterRole;
  readonly provider?: ProviderRole;
  readonly executor?: ExecutorRole;
}

/** It may put work out to tender under its name. */
export interface RequesterRole {
  /** Offers up to this are approved; a dearer one is answered with a counter-offer. */
  readonly approveUpTo?: number | undefined;
  /** What a counter-offer is of the offer; 0.8 is four fifths. */
  readonly counterFactor?: number | undefined;
  /** Named when a provider has named no price. */
  readonly firstOffer?: number | undefined;
  /** By which policy an offer is chosen. */
  readonly policy?: string | undefined;
}

/** It bids for work. */
export interface ProviderRole {
  /** What it can do; default: the agent's own capabilities. */
  readonly capabilities?: readonly string[] | undefined;
  /** Work that costs as much, or more, is not bid for; no counter-offer is above it. */
  readonly maxCost?: number | undefined;
  /** The least that it agrees to. */
  readonly minCost?: number | undefined;
  /** What it asks for when nothing is proposed; default: it waits for an offer. */
  readonly price?: number | undefined;
  /** What it asks for against what is proposed. */
  readonly markup?: number | undefined;
  /** How long its work takes, as its offers say it. */
  readonly etaMs?: number | undefined;
  /** It does what it is awarded itself, and leaves it to no executor of the pool. */
  readonly executes?: boolean | undefined;
}

/** It does work that was awarded. */
export interface ExecutorRole {
  /** The skill that is called; default: the agent's own default. */
  readonly skill?: string | undefined;
  /** Awards that it works on at once. */
  readonly concurrency?: number | undefined;
  /** Awards that it takes on beyond those, to wait; at this bound it takes no more. */
  readonly queue?: number | undefined;
  /** It takes only what it was awarded itself, nothing of the pool. */
  readonly own?: boolean | undefined;
}

/** Unset = the fabric's default. */
export interface TimeoutSettings {
  /** Whole task, from dispatch. */
  readonly totalMs?: number;
  /** Without an event; waiting for input counts for nothing. */
  readonly idleMs?: number;
}

/** What the fabric knows of an agent: the source of its card. */
export interface AgentRecord {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string;
  /** `name@version`, empty for an agent without a package. */
  readonly packageId: string;
  readonly skills: readonly SkillRecord[];
  /** The skill that is called when none is named. */
  readonly defaultSkill: string | undefined;
  readonly inputModes: readonly string[];
  readonly outputModes: readonly string[];
  readonly provider?: { readonly organization: string; readonly url: string };
  readonly documentationUrl?: string;
  /** Of the agent as a whole; its skills have their own. */
  readonly tags?: readonly string[];
  /** What it can do, in words that others look for. */
  readonly capabilities?: readonly string[];
  readonly private: boolean;
  readonly resilience?: ResilienceSettings;
  /** Unset: it takes no part in the market. */
  readonly market?: MarketRoles;
}
