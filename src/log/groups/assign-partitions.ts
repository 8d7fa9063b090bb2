import type { TopicPartition } from '../port.ts';

/** A member of a group as the others see it. */
export interface Seat {
  readonly id: string;
  readonly topics: readonly string[];
}

/**
 * Which partitions belong to which member: every member computes the same. Each topic is shared out evenly, in turn, between the
 * members that want it, beginning with another one for each topic, so that many small topics do not all end at the first member.
 */
export function assignPartitions(
  seats: readonly Seat[],
  counts: ReadonlyMap<string, number>,
): ReadonlyMap<string, readonly TopicPartition[]> {
  const assigned = new Map<string, TopicPartition[]>(seats.map(({ id }) => [id, []]));
  const sorted = seats.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  let turn = 0;
  for (const [topic, partitions] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const wanting = sorted.filter(({ topics }) => topics.includes(topic));
    for (let partition = 0; partition < partitions && wanting.length > 0; partition++) {
      const seat = wanting[turn++ % wanting.length];
      if (seat !== undefined) assigned.get(seat.id)?.push({ topic, partition });
    }
  }
  return assigned;
}
