/** Where each partition ended when the topic got more of them; undefined: not known yet, so somebody may still be publishing there. */
export type GrowthEnds = readonly (number | undefined)[];

/**
 * The offset up to which a group may read a partition, so that a key's records keep their order although the key may have moved to
 * another partition: what came after a growth is read only when everything from before it has been committed.
 */
export function readableUntil(
  growths: readonly GrowthEnds[],
  partition: number,
  committed: (partition: number) => number,
): number {
  for (const ends of growths) {
    const isPassed = ends.every((end, index) => end !== undefined && committed(index) >= end);
    if (!isPassed) return partition < ends.length ? (ends[partition] ?? Number.POSITIVE_INFINITY) : 0;
  }
  return Number.POSITIVE_INFINITY;
}
