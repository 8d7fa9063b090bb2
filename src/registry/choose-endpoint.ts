import type { Endpoint } from './port.ts';

/** An endpoint with what its choice depends on. */
export interface Candidate {
  readonly endpoint: Endpoint;
  readonly inFlight: number;
  /** What it is owed of the agent's calls, in weights; changes with every choice. */
  credit: number;
}

/**
 * Shares an agent's calls by smooth weighted round robin: of any run of calls each candidate gets its weight's share, evenly
 * spread, the same every time. Equally owed: the least busy one. Undefined when there is none.
 */
export function chooseByWeight<T extends Candidate>(candidates: readonly T[]): T | undefined {
  let best: T | undefined;
  let total = 0;
  for (const candidate of candidates) {
    const weight = weightOf(candidate.endpoint);
    candidate.credit += weight;
    total += weight;
    if (best === undefined || isBefore(candidate, best)) best = candidate;
  }
  if (best !== undefined) best.credit -= total;
  return best;
}

/** True while it takes one more call. */
export function hasRoom({ endpoint, inFlight }: Pick<Candidate, 'endpoint' | 'inFlight'>): boolean {
  return endpoint.status === 'healthy' && inFlight < endpoint.capacity;
}

/** Its share of the agent's calls; 1 where nothing is said. */
export function weightOf({ weight = 1 }: Endpoint): number {
  return weight;
}

/** How much of what it takes at once is taken. */
export function load({ endpoint, inFlight }: Pick<Candidate, 'endpoint' | 'inFlight'>): number {
  return inFlight / endpoint.capacity;
}

/** True when the skill is there, none is named, or nobody knows which there are. */
export function hasSkill({ record }: Endpoint, skill: string | undefined): boolean {
  return skill === undefined || record.skills.length === 0 || record.skills.some(({ id }) => id === skill);
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.credit === b.credit ? load(a) < load(b) : a.credit > b.credit;
}
