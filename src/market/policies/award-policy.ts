import { ParleyError } from '../../base/index.ts';
import type { Offer } from '../thread/negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import { type Reputation, scoreReputation } from './reputation.ts';

/** An offer that might be awarded, with what is known of its provider. */
export interface Candidate {
  readonly offer: Offer;
  /** Of the provider, as its card or role has them; empty: not known. */
  readonly capabilities: readonly string[];
  readonly reputation: Reputation;
  /** When it was awarded something last; null: never. */
  readonly lastAwardedAtMs: number | null;
}

/** Below 0: `one` is better. Pure, and a total order only together with the next policy and, at last, the providers' ids. */
export type AwardPolicy = (one: Candidate, other: Candidate, request: TaskRequest) => number;

const lowestPrice: AwardPolicy = (one, other) => priceOf(one) - priceOf(other);

const deadline: AwardPolicy = (one, other) => etaOf(one) - etaOf(other);

const capabilityMatch: AwardPolicy = (one, other, request) => matches(other, request) - matches(one, request);

const reputation: AwardPolicy = (one, other) => scoreReputation(other.reputation) - scoreReputation(one.reputation);

const roundRobin: AwardPolicy = (one, other) => (one.lastAwardedAtMs ?? 0) - (other.lastAwardedAtMs ?? 0);

/** The policies that a setting may name. */
const awardPolicies: Readonly<Record<string, AwardPolicy>> = {
  'lowest-price': lowestPrice,
  deadline,
  capability: capabilityMatch,
  reputation,
  'round-robin': roundRobin,
};

/**
 * The policy of that name, or several with commas between them, of which each decides where those before are even. Others than those
 * of Parley may be given. INVALID_PARAMS for a name that there is not.
 */
export function resolveAwardPolicy(
  names: string,
  policies: Readonly<Record<string, AwardPolicy>> = awardPolicies,
): AwardPolicy {
  const chosen = names.split(',').map((name) => findPolicy(name.trim(), policies));
  return (one, other, request) => {
    for (const policy of chosen) {
      const order = policy(one, other, request);
      if (order !== 0 && !Number.isNaN(order)) return order;
    }
    return 0;
  };
}

/** The candidates, best first; where the policy is even the cheaper goes first, then the id decides. */
export function rankCandidates(
  candidates: readonly Candidate[],
  policy: AwardPolicy,
  request: TaskRequest,
): readonly Candidate[] {
  return candidates.toSorted(
    (one, other) => policy(one, other, request) || lowestPrice(one, other, request) || compareIds(one, other),
  );
}

function findPolicy(name: string, policies: Readonly<Record<string, AwardPolicy>>): AwardPolicy {
  const policy = Object.hasOwn(policies, name) ? policies[name] : undefined;
  if (policy !== undefined) return policy;
  const known = Object.keys(policies).join(', ');
  throw new ParleyError('INVALID_PARAMS', `"${name.slice(0, 64)}" is no award policy. The policies are ${known}.`);
}

/** Finite, so that two of them can be subtracted. */
const unknown = Number.MAX_SAFE_INTEGER;

function priceOf({ offer }: Candidate): number {
  return offer.price ?? unknown;
}

function etaOf({ offer }: Candidate): number {
  return offer.etaMs ?? unknown;
}

function matches({ capabilities }: Candidate, { description, requiredCapabilities }: TaskRequest): number {
  const text = description.toLowerCase();
  return capabilities.filter(
    (capability) =>
      requiredCapabilities.includes(capability) || text.includes(capability.replaceAll('_', ' ').toLowerCase()),
  ).length;
}

function compareIds(one: Candidate, other: Candidate): number {
  return one.offer.providerId < other.offer.providerId ? -1 : 1;
}
