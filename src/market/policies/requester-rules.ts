import type { Offer } from '../thread/negotiation.ts';
import { roundPrice } from './round-price.ts';

/** What a requester makes of a price. */
export type PriceVerdict = { readonly kind: 'accept' } | { readonly kind: 'counter'; readonly offer: number };

/** How a requester judges prices. Pure; another set of rules takes the place of the default ones. */
export interface RequesterRules {
  /** `budget`: what it may cost at most; null: the rules' own limit. */
  judge(offer: Pick<Offer, 'price' | 'isAgreed'>, budget: number | null): PriceVerdict;
}

export interface RequesterRuleSettings {
  /** Where there is no budget: prices up to this are taken. Default 100. */
  readonly approveUpTo?: number | undefined;
  /** A counter-offer is so much of what was asked for. Default 0.8. */
  readonly counterFactor?: number | undefined;
  /** The counter-offer to who names no price. Default 50. */
  readonly firstOffer?: number | undefined;
}

/** The rules of the original's requester; with a budget, nothing above it is taken or offered. */
export function createRequesterRules(settings: RequesterRuleSettings = {}): RequesterRules {
  const { approveUpTo = 100, counterFactor = 0.8, firstOffer = 50 } = settings;
  return {
    judge({ price, isAgreed }, budget) {
      const limit = budget ?? approveUpTo;
      const isTaken = price !== null && (price <= limit || (isAgreed && budget === null));
      if (isTaken) return { kind: 'accept' };
      const offer = price === null ? firstOffer : roundPrice(price * counterFactor);
      return { kind: 'counter', offer: budget === null ? offer : Math.min(offer, budget) };
    },
  };
}
