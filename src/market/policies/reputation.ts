import type { Award, Negotiation } from '../thread/negotiation.ts';

/** What became of a provider's awards. JSON. */
export interface Reputation {
  readonly completed: number;
  readonly failed: number;
  /** Taken away, because it was not heard of. */
  readonly lost: number;
  /** Completed after the deadline; they count as completed, too. */
  readonly late: number;
}

/** Of somebody who has had no award. */
export const noReputation: Reputation = { completed: 0, failed: 0, lost: 0, late: 0 };

/** 0 to 1, 0.5 for somebody unknown: how likely the next award is done in time, by Laplace's rule of succession. */
export function scoreReputation({ completed, failed, lost, late }: Reputation): number {
  return (completed - late + 1) / (completed + failed + lost + 2);
}

/** What a negotiation adds to its providers' reputations, once it has ended: one entry for each that was awarded. */
export function earnedReputations({
  awards,
  outcome,
}: Pick<Negotiation, 'awards' | 'outcome'>): ReadonlyMap<string, Reputation> {
  const earned = new Map<string, Reputation>();
  if (outcome === null) return earned;
  for (const award of awards) {
    const isLast = award === awards.at(-1);
    // A withdrawal is nobody's fault; what was refused was not begun.
    if (award.state === 'refused' || (isLast && outcome.status === 'withdrawn')) continue;
    earned.set(award.providerId, addReputation(earned.get(award.providerId) ?? noReputation, earn(award)));
  }
  return earned;
}

/** Both together. */
export function addReputation(one: Reputation, other: Reputation): Reputation {
  return {
    completed: one.completed + other.completed,
    failed: one.failed + other.failed,
    lost: one.lost + other.lost,
    late: one.late + other.late,
  };
}

function earn({ state, deadline, heardAtMs }: Award): Reputation {
  if (state === 'completed') {
    return { ...noReputation, completed: 1, late: deadline !== null && heardAtMs > deadline ? 1 : 0 };
  }
  return state === 'failed' ? { ...noReputation, failed: 1 } : { ...noReputation, lost: 1 };
}
