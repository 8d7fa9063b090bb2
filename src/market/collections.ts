import type { CollectionSchema } from '../store/index.ts';

/** The agent that is the market, under whose name a node asks for who names no requester; it is reserved. */
export const marketAgentId = 'market';

/** Collection of what the nodes of one store have in common in the market. */
export const marketCollection = 'market';

/** Collection of what negotiations there are. */
export const negotiationCollection = 'negotiations';

/** By which they are found: all, those that have not ended, those in one phase, and ended ones by who had the last award, or the one before. */
export const negotiationIndexes = {
  all: 'all',
  open: 'open',
  phase: 'phase',
  provider: 'provider',
  replaced: 'replaced',
} as const;

/** The market's collections, as the store must know them; of negotiations that have ended the newest `keep` stay. */
export function marketCollections(keep: number): Readonly<Record<string, CollectionSchema>> {
  return {
    [marketCollection]: { indexes: [] },
    [negotiationCollection]: { indexes: Object.values(negotiationIndexes), maxExpiring: keep },
  };
}
