import { partitionNotFound } from './check-input.ts';
import type { PartitionRange, TopicDescription } from './port.ts';

/** What there is of the partition, or of all when none is named. NOT_FOUND for one that the topic does not have. */
export function wantedRanges(
  { name, ranges }: Pick<TopicDescription, 'name' | 'ranges'>,
  partition: number | undefined,
): readonly PartitionRange[] {
  if (partition === undefined) return ranges;
  const wanted = ranges.filter((range) => range.partition === partition);
  if (wanted.length === 0) throw partitionNotFound(name, partition);
  return wanted;
}
