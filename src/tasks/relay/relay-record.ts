import { isObject } from '../../base/index.ts';
import { type NewRecord, recordHeaders } from '../../log/index.ts';
import type { ShardPage } from '../../store/index.ts';

/** What every record of one entity carries, from the first event of its journal. */
export interface EntityTrace {
  readonly correlationId?: string | undefined;
  readonly traceparent?: string | undefined;
  /** What the entity follows from. */
  readonly causationId?: string | undefined;
  /** Whose data it is. */
  readonly party?: string | undefined;
}

type ShardEvent = ShardPage['events'][number];

/**
 * A journal's event as a record: the key is the entity's, the value the event as it was appended, and (`entity`, `sequence`) say which
 * one it is, so that a consumer drops what it has seen. What the entity follows from is said with its first event; each later one follows
 * from the one before.
 */
export function toRelayRecord({ kind, key, sequence, atMs, event }: ShardEvent, trace: EntityTrace): NewRecord {
  return {
    key,
    value: Buffer.from(event),
    timestampMs: atMs,
    headers: {
      entity: `${kind}/${key}`,
      sequence: String(sequence),
      [recordHeaders.contentType]: 'application/json',
      ...named(recordHeaders.correlationId, trace.correlationId),
      ...named(recordHeaders.causationId, sequence === 1 ? trace.causationId : undefined),
      ...named(recordHeaders.traceparent, trace.traceparent),
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
  const { correlationId, traceparent, causationId, party, origin, owner } = parsed;
  return {
    correlationId: textOrNone(correlationId),
    traceparent: textOrNone(traceparent),
    causationId: textOrNone(causationId),
    party: textOrNone(party) ?? textOrNone(origin) ?? textOrNone(owner),
  };
}

function named(header: string, text: string | undefined): Readonly<Record<string, string>> {
  return text === undefined ? {} : { [header]: text };
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
