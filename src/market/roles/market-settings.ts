import type { MarketRoles } from '../../agents/index.ts';
import { defaultTimes, type RequesterTerms } from '../decide/requester-context.ts';
import { defaultAgeingMs } from '../policies/priority.ts';
import type { WireForm } from '../wire/market-codec.ts';

/** How a market behaves. Times in ms. */
export interface MarketSettings {
  /** Roles of agents that are no packages, and in place of what packages say. By agent id. */
  readonly roles: Readonly<Record<string, MarketRoles>>;
  readonly wire: WireForm;
  readonly requireSigned: boolean;
  /** Contents of what is asked for here are sealed in the log. */
  readonly sealed: boolean;
  /** By which policies offers are chosen where nobody says more. */
  readonly policy: string;
  /** Where a request does not say it: how long offers are taken, what is not done by then has failed, and how many rounds there are. */
  readonly offersMs: number;
  readonly deadlineMs: number;
  readonly maxRounds: number;
  readonly times: Pick<
    RequesterTerms,
    'maxRounds' | 'offersWithinMs' | 'confirmWithinMs' | 'startWithinMs' | 'quietMs'
  >;
  /** So many negotiations may be open at once. */
  readonly maxOpen: number;
  /** Of the input of a request, and of a result, as JSON. */
  readonly maxInputBytes: number;
  /** An agent that takes no calls for so long is gone. */
  readonly goneMs: number;
  /** A node that is not heard of for so long has its awards gone on with by another. */
  readonly leaseMs: number;
  /** Between two words about how one award goes. */
  readonly progressMs: number;
  /** An executor that has nothing to say says so. */
  readonly heartbeatMs: number;
  /** What waits for so long counts as one step of priority more. */
  readonly ageingMs: number;
  /** How long a negotiation is kept after its end. */
  readonly keepMs: number;
}

/** The settings where nobody says more. */
export const defaultMarketSettings: MarketSettings = {
  ...{ roles: {}, wire: 'confluent', requireSigned: false, sealed: false, policy: 'lowest-price' },
  ...{ offersMs: defaultTimes.offersWithinMs, deadlineMs: 3_600_000, maxRounds: defaultTimes.maxRounds },
  times: defaultTimes,
  ...{ maxOpen: 10_000, maxInputBytes: 256 * 1024, goneMs: 5_000, leaseMs: 15_000 },
  ...{ progressMs: 1_000, heartbeatMs: 60_000, ageingMs: defaultAgeingMs, keepMs: 7 * 24 * 3_600_000 },
};
