import type { MarketRecord } from '../wire/records.ts';

/**
 * All records of one task that count, each once, in an order of their own: by topic, then as the log has them, then those that are not in
 * the log yet. Plain JSON. Whatever way the topics interleaved and however often a record came, the same records make the same
 * thread, so that live state and one that was rebuilt from the log are compared as canonical JSON.
 */
export interface Thread {
  readonly taskId: string;
  readonly records: readonly MarketRecord[];
}
