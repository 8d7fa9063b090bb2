import type { NewRecord } from '../../log/index.ts';
import { type ParsedKey, signRecord } from '../../security/index.ts';
import type { MarketCodec, WireForm } from './market-codec.ts';
import { marketHeaders } from './market-headers.ts';
import { type MarketRecord, senderOf } from './records.ts';

export interface RecordWriterOptions {
  readonly codec: Pick<MarketCodec, 'encode'>;
  readonly wire: WireForm;
  /** The key that an agent of this node signs with; undefined: it does not sign. */
  readonly keyOf: (agentId: string) => ParsedKey | undefined;
}

/** What the bytes of a value are. */
const contentTypes: Readonly<Record<WireForm, string>> = {
  confluent: 'application/vnd.confluent.avro',
  raw: 'avro/binary',
};

/** Makes of records what the log takes: key, value, headers, signature. The same record makes the same bytes. */
export function createRecordWriter({
  codec,
  wire,
  keyOf,
}: RecordWriterOptions): (record: MarketRecord) => Promise<NewRecord> {
  return async (record) => {
    const { recordId, causationId, correlationId, traceparent, sealedWith, topic } = record;
    const key = record.value.taskId;
    const value = await codec.encode(record);
    const signer = keyOf(senderOf(record));
    const headers = {
      [marketHeaders.recordId]: recordId,
      [marketHeaders.contentType]: contentTypes[wire],
      ...(causationId !== null && { [marketHeaders.causationId]: causationId }),
      ...(correlationId !== null && { [marketHeaders.correlationId]: correlationId }),
      ...(traceparent !== null && { [marketHeaders.traceparent]: traceparent }),
      ...(sealedWith !== undefined && { [marketHeaders.sealedWith]: sealedWith }),
      ...(signer && { [marketHeaders.signature]: signRecord({ topic, key, recordId, value }, signer) }),
    };
    // Its time in the log is when it came there, which may be long after it was said.
    return { key, value, headers };
  };
}
