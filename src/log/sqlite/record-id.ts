/** Offsets of one partition; 131,072 partitions of so many fit into what a number holds exactly. */
const span = 2 ** 36;

/** Where a record lies in the table: the records of one partition side by side, in the order of their offsets. */
export function recordId(partitionId: number, offset: number): number {
  return partitionId * span + offset;
}

/** The id behind the last one that the partition can have. */
export function endOfPartition(partitionId: number): number {
  return (partitionId + 1) * span;
}

/** The offset of a record of that partition. */
export function offsetOf(partitionId: number, id: number): number {
  return id - partitionId * span;
}
