import type { RecordsBatch } from './library.ts';
import type { KafkaNewRecord, KafkaPage, KafkaPlace, KafkaRecord } from './port.ts';

/** A record as the library wants it. */
export interface WireRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key?: Buffer;
  readonly value?: Buffer;
  readonly headers?: Map<Buffer, Buffer>;
  readonly timestamp?: bigint;
}

const controlBatch = 0x20;
const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/** Our record in the library's words. */
export function encodeRecord(topic: string, record: KafkaNewRecord): WireRecord {
  const { partition, key, value, headers, timestampMs } = record;
  return {
    topic,
    partition,
    ...(key !== undefined && { key: Buffer.from(key) }),
    ...(value !== null && { value: Buffer.from(value.buffer, value.byteOffset, value.byteLength) }),
    ...(headers !== undefined && { headers: encodeHeaders(headers) }),
    ...(timestampMs !== undefined && { timestamp: BigInt(timestampMs) }),
  };
}

/** The records of one partition from the offset on; what brokers wrote for themselves is passed over. */
export function decodeBatches(place: KafkaPlace, batches: readonly RecordsBatch[] | null | undefined): KafkaPage {
  const records: KafkaRecord[] = [];
  let nextOffset = place.offset;
  for (const batch of batches ?? []) {
    nextOffset = Math.max(nextOffset, Number(batch.firstOffset) + batch.lastOffsetDelta + 1);
    if ((batch.attributes & controlBatch) === 0) decodeBatch(place, batch, records);
  }
  return { records, nextOffset };
}

function decodeBatch({ topic, partition, offset: from }: KafkaPlace, batch: RecordsBatch, into: KafkaRecord[]): void {
  const firstOffset = Number(batch.firstOffset);
  const firstTimestamp = Number(batch.firstTimestamp);
  for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
    const offset = firstOffset + offsetDelta;
    // A batch begins where its producer began it, which may be before what was asked for.
    if (offset < from) continue;
    into.push({
      topic,
      partition,
      offset,
      key: key?.toString(),
      value,
      headers: headers.length === 0 ? noHeaders : decodeHeaders(headers),
      timestampMs: firstTimestamp + Number(timestampDelta),
    });
  }
}

function encodeHeaders(headers: Readonly<Record<string, string>>): Map<Buffer, Buffer> {
  return new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)]));
}

function decodeHeaders(headers: readonly (readonly [Buffer | null, Buffer | null])[]): Record<string, string> {
  return Object.fromEntries(headers.map(([name, text]) => [String(name ?? ''), String(text ?? '')]));
}
