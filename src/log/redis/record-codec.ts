import { isObject } from '../../base/index.ts';
import type { RedisArgument, RedisBytesReply } from '../../drivers/redis/index.ts';
import { sizeOfRecord } from '../check-input.ts';
import type { LogRecord, NewRecord, TopicPartition } from '../port.ts';

/** What `appendScript` takes for one record; the flags say whether there is a key (k) and a value (v). */
export function encodeRecord(record: NewRecord, nowMs: number): readonly RedisArgument[] {
  const { key, value, headers, timestampMs = nowMs } = record;
  const flags = `${key === undefined ? '' : 'k'}${value === null ? '' : 'v'}`;
  const header = headers === undefined ? '' : JSON.stringify(headers);
  return [flags, key ?? '', value ?? '', header, timestampMs, sizeOfRecord(record)];
}

/** The records of an XRANGE. */
export function decodeRecords(place: TopicPartition, reply: RedisBytesReply): readonly LogRecord[] {
  if (!Array.isArray(reply)) return [];
  return reply.map((entry: RedisBytesReply) => decodeRecord(place, entry));
}

function decodeRecord({ topic, partition }: TopicPartition, entry: RedisBytesReply): LogRecord {
  const [id, cells] = Array.isArray(entry) ? entry : [];
  const fields = toFields(cells);
  const flags = String(fields.get('f'));
  return {
    topic,
    partition,
    offset: Number.parseInt(String(id), 10) - 1,
    key: flags.includes('k') ? String(fields.get('k')) : undefined,
    value: flags.includes('v') ? (fields.get('v') ?? null) : null,
    headers: readHeaders(String(fields.get('h') ?? '')),
    timestampMs: Number(String(fields.get('t'))),
  };
}

/** Others may write to the stream as well: what are no headers are none, and keep nobody from reading on. */
function readHeaders(text: string): Readonly<Record<string, string>> {
  if (text === '') return {};
  const parsed = parseJson(text);
  if (!isObject(parsed)) return {};
  return Object.fromEntries(Object.entries(parsed).filter((entry): entry is [string, string] => isText(entry[1])));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function toFields(cells: RedisBytesReply | undefined): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>();
  if (!Array.isArray(cells)) return fields;
  for (let at = 0; at + 1 < cells.length; at += 2) {
    const value: unknown = cells[at + 1];
    if (Buffer.isBuffer(value)) fields.set(String(cells[at]), value);
  }
  return fields;
}
