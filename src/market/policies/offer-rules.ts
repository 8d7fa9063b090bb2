import type { Offer, Round } from '../thread/negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import { roundPrice } from './round-price.ts';

/** What a provider says to a request. */
export interface Bid {
  /** ACCEPTED: at what was proposed. */
  readonly status: 'ACCEPTED' | 'NEGOTIATING' | 'REJECTED';
  /** Null: it names none and waits for an offer. */
  readonly price: number | null;
  readonly message: string | null;
}

/** What a provider says to a counter-offer. */
export interface CounterAnswer {
  readonly approved: boolean;
  readonly offer: number | null;
  readonly message: string | null;
}

/** How a provider prices work. Pure; another set of rules takes the place of the default ones. */
export interface OfferRules {
  bid(request: TaskRequest): Bid;
  answer(round: Round, offer: Offer): CounterAnswer;
}

export interface OfferRuleSettings {
  /** What it can do: `data_processing` is found in a description as "data processing". */
  readonly capabilities: readonly string[];
  /** It asks for no more, and takes no work that is proposed at this or more and that it is not made for. Default 150. */
  readonly maxCost?: number | undefined;
  /** It agrees to counter-offers from this on. Default 30. */
  readonly minCost?: number | undefined;
  /** What it asks for, times what was proposed, for work that it is not made for. Default 1.2. */
  readonly markup?: number | undefined;
  /** What it asks for when nothing was proposed. Default: it names no price and waits for an offer. */
  readonly price?: number | undefined;
}

/** The rules of the original's provider, which also answer a request without a price. */
export function createOfferRules(settings: OfferRuleSettings): OfferRules {
  const { capabilities, maxCost = 150, minCost = 30, markup = 1.2, price } = settings;
  return {
    bid({ description, proposedCost, requiredCapabilities }) {
      const missing = requiredCapabilities.filter((wanted) => !capabilities.includes(wanted));
      if (missing.length > 0) return { status: 'REJECTED', price: null, message: `Cannot do ${missing.join(', ')}` };
      const asked = proposedCost ?? price ?? null;
      if (requiredCapabilities.length > 0 || isMadeFor(capabilities, description)) {
        return { status: 'ACCEPTED', price: asked, message: null };
      }
      if (asked === null) return { status: 'NEGOTIATING', price: null, message: 'Name a price' };
      if (asked >= maxCost) return { status: 'REJECTED', price: null, message: 'Cost too high' };
      // Its own price is what it wants; only what somebody else has proposed is marked up.
      const wanted = proposedCost === null ? asked : roundPrice(asked * markup);
      return { status: 'NEGOTIATING', price: Math.min(wanted, maxCost), message: null };
    },
    answer({ offer }) {
      if (offer !== null && offer >= minCost) return { approved: true, offer, message: null };
      return { approved: false, offer: null, message: `Not below ${minCost}` };
    },
  };
}

function isMadeFor(capabilities: readonly string[], description: string): boolean {
  const text = description.toLowerCase();
  return capabilities.some((capability) => text.includes(capability.replaceAll('_', ' ').toLowerCase()));
}
