import type { LogRecord } from './port.ts';
import { recordHeaders } from './record-headers.ts';

/** Which records of a topic are meant; what is left out narrows nothing. */
export interface RecordFilter {
  readonly partition?: number | undefined;
  readonly key?: string | undefined;
  readonly correlationId?: string | undefined;
  /** Nothing earlier than this. Ms since the epoch. */
  readonly sinceMs?: number | undefined;
  /** Nothing from this time on. Ms since the epoch. */
  readonly untilMs?: number | undefined;
}

/** Whether the record is one of those that are meant. */
export function matchesFilter(record: LogRecord, filter: RecordFilter): boolean {
  const { partition, key, correlationId, sinceMs, untilMs } = filter;
  return (
    (partition === undefined || record.partition === partition) &&
    (key === undefined || record.key === key) &&
    (sinceMs === undefined || record.timestampMs >= sinceMs) &&
    (untilMs === undefined || record.timestampMs < untilMs) &&
    (correlationId === undefined || record.headers[recordHeaders.correlationId] === correlationId)
  );
}
