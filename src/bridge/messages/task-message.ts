import { isObject, type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import { isDeeperThan } from './json-depth.ts';
import { formatLocalTime } from './local-time.ts';

/** What travels through the queues of Redis agents: exactly these seven fields, or their readers refuse it. */
export interface TaskMessage {
  readonly id: string;
  readonly type: TaskMessageType;
  readonly from_agent: string;
  readonly to_agent: string;
  /** ISO 8601 in local time, without a zone. */
  readonly timestamp: string;
  readonly payload: JsonObject;
  readonly retry_count: number;
}

export type TaskMessageType = (typeof taskMessageTypes)[number];

/** Every type of message there is. */
export const taskMessageTypes = [
  'task_assignment',
  'task_result',
  'agent_heartbeat',
  'agent_register',
  'agent_shutdown',
] as const;

/** Larger ones are refused unread. */
const maxMessageLength = 16 * 1024 * 1024;
const maxDepth = 200;
/** Ids become parts of keys. */
const maxIdLength = 512;

/**
 * Reads a message. Lenient where agents differ: the type may be written as Python writes an enum's member, sender, receiver,
 * timestamp and retry_count may be missing. VALIDATION_FAILED, with what is wrong, when no work or answer can be made of it.
 */
export function parseTaskMessage(raw: string): TaskMessage {
  const value = parseObject(raw);
  const { id, payload } = value;
  if (typeof id !== 'string' || id === '' || id.length > maxIdLength) throw invalid('"id" must be a short text');
  if (payload !== undefined && payload !== null && !isObject(payload)) throw invalid('"payload" must be an object');
  return {
    id,
    type: readType(value['type']),
    from_agent: readAgent(value['from_agent'], 'from_agent'),
    to_agent: readAgent(value['to_agent'], 'to_agent'),
    timestamp: readTimestamp(value['timestamp']),
    payload: payload ?? {},
    retry_count: readCount(value['retry_count']),
  };
}

/** The message as JSON, its fields in the order in which agents write them. */
export function formatTaskMessage(message: TaskMessage): string {
  const { id, type, from_agent, to_agent, timestamp, payload, retry_count } = message;
  return JSON.stringify({ id, type, from_agent, to_agent, timestamp, payload, retry_count });
}

/** A new message, made at `nowMs`. */
export function createTaskMessage(
  message: Omit<TaskMessage, 'timestamp' | 'retry_count'> & { readonly nowMs: number },
): TaskMessage {
  const { nowMs, ...rest } = message;
  return { ...rest, timestamp: formatLocalTime(nowMs), retry_count: 0 };
}

function parseObject(raw: string): JsonObject {
  if (raw.length > maxMessageLength) throw invalid(`it has more than ${maxMessageLength} characters`);
  if (isDeeperThan(raw, maxDepth)) throw invalid(`it is nested more than ${maxDepth} deep`);
  let value: JsonValue;
  try {
    value = JSON.parse(raw) as JsonValue;
  } catch (thrown) {
    throw invalid('it is not JSON', thrown);
  }
  if (!isObject(value)) throw invalid('it is not a JSON object');
  return value;
}

function readType(value: JsonValue | undefined): TaskMessageType {
  const name = typeof value === 'string' ? value.toLowerCase().replace(/^messagetype\./, '') : undefined;
  const known = taskMessageTypes.find((type) => type === name);
  if (known === undefined) throw invalid(`"type" must be one of ${taskMessageTypes.join(', ')}`);
  return known;
}

function readAgent(value: JsonValue | undefined, field: string): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string' || value.length > maxIdLength) throw invalid(`"${field}" must be a short text`);
  return value;
}

function readTimestamp(value: JsonValue | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function readCount(value: JsonValue | undefined): number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : 0;
}

function invalid(problem: string, cause?: unknown): ParleyError {
  return new ParleyError('VALIDATION_FAILED', `The message from Redis is not valid: ${problem}.`, { cause });
}
