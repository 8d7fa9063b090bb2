import type { MarketRecord } from '../wire/records.ts';

const longestMs = 30_000;

/**
 * How long to wait before records that have not come back from the log are published again: at least `patienceMs`, then twice as long each
 * time. Readers that lag have enough to do without each record many times. Undefined: there are none.
 */
export function publishAgainMs(
  records: readonly Pick<MarketRecord, 'value'>[],
  nowMs: number,
  patienceMs: number,
): number | undefined {
  if (records.length === 0) return undefined;
  const sinceMs = Math.min(...records.map(({ value }) => value.timestamp));
  return Math.max(patienceMs, Math.min(nowMs - sinceMs, longestMs));
}
