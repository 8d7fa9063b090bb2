import type { LogRecord } from './port.ts';

/** Records of several partitions, the earliest first, without changing the order within a partition; at most `limit`. */
export function mergeByTime(partitions: readonly (readonly LogRecord[])[], limit: number): readonly LogRecord[] {
  const heads = partitions.map(() => 0);
  const merged: LogRecord[] = [];
  while (merged.length < limit) {
    const next = earliest(partitions, heads);
    if (next === undefined) break;
    const record = partitions[next]?.[heads[next] ?? 0];
    if (record !== undefined) merged.push(record);
    heads[next] = (heads[next] ?? 0) + 1;
  }
  return merged;
}

function earliest(partitions: readonly (readonly LogRecord[])[], heads: readonly number[]): number | undefined {
  let best: { readonly index: number; readonly timestampMs: number } | undefined;
  partitions.forEach((records, index) => {
    const head = records[heads[index] ?? 0];
    if (head === undefined) return;
    if (best === undefined || head.timestampMs < best.timestampMs) best = { index, timestampMs: head.timestampMs };
  });
  return best?.index;
}
