import type { Endpoint } from './port.ts';

/** An endpoint with what its choice depends on. */
export interface Candidate {
  readonly endpoint: Endpoint;
  readonly inFlight: number;
  /** What it is owed of the agent's calls, in weights; changes with every choice. */
  credit: number;
}

/**
 * Shares an agent's calls among several endpoints by smooth weighted round robin: of any run of calls each endpoint with room
 * gets its weight's share, evenly spread, the same every time. Equally owed: the least busy one. A skill that only some of
 * them have goes to these; one that none has to any, which then says so. Undefined when none of a weight above 0 has room.
 */
export function chooseByWeight<T extends Candidate>(
  candidates: readonly T[],
  skill: string | undefined,
): T | undefined {
  let best: T | undefined;
  let total = 0;
  const able = candidates.filter(({ endpoint }) => hasSkill(endpoint, skill));
  for (const candidate of able.length === 0 ? candidates : able) {
    const weight = weightOf(candidate.endpoint);
    if (weight === 0 || !hasRoom(candidate)) continue;
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

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.credit === b.credit ? load(a) < load(b) : a.credit > b.credit;
}

function load({ endpoint, inFlight }: Candidate): number {
  return inFlight / endpoint.capacity;
}

function hasSkill({ record }: Endpoint, skill: string | undefined): boolean {
  return skill === undefined || record.skills.length === 0 || record.skills.some(({ id }) => id === skill);
}
