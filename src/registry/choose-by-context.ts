import { type Candidate, weightOf } from './choose-endpoint.ts';

/**
 * The endpoint of a context, by rendezvous hashing: each node of a fabric chooses the same one, without asking the others, as long as it
 * sees the same candidates; by weight over many contexts; and when a candidate comes or goes, only its own contexts move.
 */
export function chooseByContext<T extends Candidate>(candidates: readonly T[], contextId: string): T | undefined {
  let best: T | undefined;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (const candidate of candidates) {
    const score = weightOf(candidate.endpoint) / -Math.log(toFraction(`${candidate.endpoint.id}\n${contextId}`));
    if (score <= bestScore) continue;
    best = candidate;
    bestScore = score;
  }
  return best;
}

/** A number between 0 and 1 that the text alone decides: FNV-1a, with the last step of murmur3, which spreads what is alike. */
function toFraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}
