import { isObject } from '../../base/index.ts';
import type { RedisArgument, RedisBytesReply } from '../../drivers/redis/index.ts';
import type { LogRecord, NewRecord, TopicPartition } from '../port.ts';

/** What `appendScript` takes for one record; first whether there is a value: an empty one is one, too. */
export function encodeRecord(record: NewRecord, nowMs: number): readonly RedisArgument[] {
  const { key = '', value, headers, timestampMs = nowMs } = record;
  const header = headers === undefined ? '' : JSON.stringify(headers);
  return [value === null ? 0 : 1, key, value ?? '', header, timestampMs];
}

/** The records of an XRANGE. */
export function decodeRecords(place: TopicPartition, reply: RedisBytesReply): readonly LogRecord[] {
  if (!Array.isArray(reply)) return [];
  return reply.map((entry: RedisBytesReply) => decodeRecord(place, entry));
}

function decodeRecord({ topic, partition }: TopicPartition, entry: RedisBytesReply): LogRecord {
  const [id, cells] = Array.isArray(entry) ? entry : [];
  const { k, v = null, h, t } = toFields(cells);
  return {
    topic,
    partition,
    offset: Number.parseInt(String(id), 10) - 1,
    key: k === undefined ? undefined : String(k),
    value: v,
    headers: h === undefined ? {} : readHeaders(String(h)),
    timestampMs: Number(String(t)),
  };
}

/** Others may write to the stream as well: what are no headers are none, and keep nobody from reading on. */
function readHeaders(text: string): Readonly<Record<string, string>> {
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

type Fields = Partial<Record<'k' | 'v' | 'h' | 't', Buffer>>;

function toFields(cells: RedisBytesReply | undefined): Fields {
  const fields: Fields = {};
  if (!Array.isArray(cells)) return fields;
  for (let at = 0; at + 1 < cells.length; at += 2) {
    const cell: unknown = cells[at + 1];
    const name = String(cells[at]);
    if (Buffer.isBuffer(cell) && isField(name)) fields[name] = cell;
  }
  return fields;
}

function isField(name: string): name is keyof Fields {
  return name === 'k' || name === 'v' || name === 'h' || name === 't';
}
