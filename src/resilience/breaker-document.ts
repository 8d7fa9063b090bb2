import { isObject } from '../base/index.ts';
import type { CollectionSchema, DocumentChange } from '../store/index.ts';
import type { OpenBreaker } from './breaker.ts';

/** Collection of the breakers that are open, one document an agent: how the nodes of a fabric tell one another. */
export const breakerCollection = 'breakers';

export const breakerIndex = 'all';

/** How the collection is declared to the store. */
export const breakerCollectionSchema: CollectionSchema = { indexes: [breakerIndex] };

/** A breaker that nobody has tried for so long behind its time is forgotten. */
const forgottenMs = 24 * 3_600_000;

/** The opening as a change of the store. */
export function openingChange(opening: OpenBreaker): DocumentChange {
  return {
    collection: breakerCollection,
    value: JSON.stringify(opening),
    indexes: { [breakerIndex]: { equals: '', sort: opening.openedAtMs.toString().padStart(15, '0') } },
    ...(opening.untilMs !== undefined && { expiresAtMs: opening.untilMs + forgottenMs }),
  };
}

/** What another node has written; undefined for what is no opening. */
export function readOpening(value: string): OpenBreaker | undefined {
  const parsed: unknown = JSON.parse(value);
  return isObject(parsed) && parsed['phase'] === 'open' ? (parsed as unknown as OpenBreaker) : undefined;
}
