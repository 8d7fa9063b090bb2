import { isObject } from '../../base/index.ts';
import type { NewRecord } from '../../log/index.ts';
import type { ShardPage } from '../../store/index.ts';

/** What every record of one entity carries, from the first event of its journal. */
export interface EntityTrace {
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** Whose task it is. */
  readonly owner?: string | undefined;
}

type ShardEvent = ShardPage['events'][number];

/**
 * A journal's event as a record: the key is the entity's, the value the event as it was appended, and (`entity`, `sequence`) say which
 * one it is, so that a consumer drops what it has seen.
 */
export function toRelayRecord({ kind, key, sequence, atMs, event }: ShardEvent, trace: EntityTrace): NewRecord {
  return {
    key,
    value: Buffer.from(event),
    timestampMs: atMs,
    headers: {
      entity: `${kind}/${key}`,
      sequence: String(sequence),
      'content-type': 'application/json',
      ...(trace.correlationId !== undefined && { 'correlation-id': trace.correlationId }),
      ...(trace.traceparent !== undefined && { traceparent: trace.traceparent }),
    },
  };
}

/** The record in place of one that the log does not take: which event it was, and how large; the event is in the journal. */
export function withoutValue(record: NewRecord): NewRecord {
  const omitted = String(record.value?.byteLength ?? 0);
  return { ...record, value: new Uint8Array(), headers: { ...record.headers, 'omitted-bytes': omitted } };
}

/** What the first event of a journal says of the call that began it. */
export function readTrace(event: string | undefined): EntityTrace {
  const parsed: unknown = event === undefined ? undefined : JSON.parse(event);
  if (!isObject(parsed)) return {};
  const { correlationId, traceparent, owner } = parsed;
  return {
    correlationId: textOrNone(correlationId),
    traceparent: textOrNone(traceparent),
    owner: textOrNone(owner),
  };
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
