import { createHash } from 'node:crypto';
import { ParleyError } from '../../base/index.ts';
import type { LogRecord } from '../../log/index.ts';
import { type ParsedKey, verifyRecordSignature } from '../../security/index.ts';
import type { MarketCodec } from './market-codec.ts';
import { marketHeaders, readHeader } from './market-headers.ts';
import { type MarketMessage, type MarketRecord, type MarketTopic, marketTopics, senderOf } from './records.ts';

/** Whose word is taken for whose. */
export interface SenderTrust {
  /** The keys that an agent signs with; none: it is not known by any. */
  readonly keysOf: (agentId: string) => readonly ParsedKey[];
  /** Nothing is taken from agents that do not sign. */
  readonly requireSigned: boolean;
}

/** Reads records of the log, which anybody may have written. */
export interface RecordReader {
  /**
   * RECORD_INVALID for what is no record of the market; UNAUTHENTICATED for one without a signature where one is required: with
   * `requireSigned`, and always from an agent whose keys are known; PERMISSION_DENIED for a signature that is not its sender's. Further
   * errors as of MarketCodec.
   */
  read(record: LogRecord): Promise<MarketRecord>;
}

/** A reader. */
export function createRecordReader(codec: Pick<MarketCodec, 'decode'>, trust: SenderTrust): RecordReader {
  return {
    async read(record) {
      const { value, headers, partition, offset, timestampMs } = record;
      const topic = marketTopics.find((name) => name === record.topic);
      if (topic === undefined || value === null) throw invalid(record, 'is no message of the market');
      const message = await codec.decode(topic, value);
      if (record.key !== message.value.taskId) throw invalid(record, 'has another key than its task_id');
      const given = readHeader(headers, marketHeaders.recordId);
      if (given !== null && !isIdOf(message, given)) throw invalid(record, 'has a record id that is not its sender’s');
      const recordId = given ?? digestId(topic, value);
      const sealedWith = readHeader(headers, marketHeaders.sealedWith);
      return {
        ...message,
        recordId,
        causationId: readHeader(headers, marketHeaders.causationId),
        correlationId: readHeader(headers, marketHeaders.correlationId),
        traceparent: readHeader(headers, marketHeaders.traceparent),
        ...(sealedWith !== null && { sealedWith }),
        place: { partition, offset, atMs: timestampMs },
        isVerified: isVerified(record, { message, recordId, value }, trust),
        isOriginal: given === null,
      };
    },
  };
}

/** `TASK/ACTOR/N`, so that nobody can take an id away from somebody else. */
function isIdOf(message: MarketMessage, recordId: string): boolean {
  const prefix = `${message.value.taskId}/${senderOf(message)}/`;
  return recordId.startsWith(prefix) && /^[1-9]\d{0,8}$/.test(recordId.slice(prefix.length));
}

/** The same bytes on the same topic are the same record: an original that publishes twice says nothing new. */
function digestId(topic: MarketTopic, value: Uint8Array): string {
  return `raw/${createHash('sha256').update(`${topic}\n`).update(value).digest('base64url').slice(0, 22)}`;
}

interface Claim {
  readonly message: MarketMessage;
  readonly recordId: string;
  readonly value: Uint8Array;
}

function isVerified(record: LogRecord, { message, recordId, value }: Claim, trust: SenderTrust): boolean {
  const sender = senderOf(message);
  const keys = trust.keysOf(sender);
  const signature = record.headers[marketHeaders.signature];
  if (signature === undefined) {
    if (!trust.requireSigned && keys.length === 0) return false;
    throw refused('UNAUTHENTICATED', record, `says that it is ${sender}'s and is not signed`);
  }
  // A signature of somebody who is not known proves nothing, and harms nobody.
  if (keys.length === 0 && !trust.requireSigned) return false;
  const signed = { topic: message.topic, key: message.value.taskId, recordId, value };
  const verdict = verifyRecordSignature(signature, signed, keys);
  if (verdict.valid) return true;
  throw refused('PERMISSION_DENIED', record, verdict.reason);
}

function invalid(record: LogRecord, why: string): ParleyError {
  return new ParleyError('RECORD_INVALID', `${nameOf(record)} ${why}. Nobody acts on it.`);
}

function refused(code: 'UNAUTHENTICATED' | 'PERMISSION_DENIED', record: LogRecord, why: string): ParleyError {
  return new ParleyError(code, `${nameOf(record)} ${why}. Nobody acts on it.`);
}

function nameOf({ topic, partition, offset }: LogRecord): string {
  return `The record ${topic}/${partition}/${offset}`;
}
