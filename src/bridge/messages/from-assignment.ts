import { isObject, type JsonObject, type JsonValue } from '../../base/index.ts';
import type { Message, Part, SendRequest } from '../../protocol/index.ts';
import type { TaskMessage } from './task-message.ts';
import { decodeParts } from './wire-parts.ts';

/** What an assignment from Redis asks of an agent of the fabric. */
export interface IncomingWork {
  readonly request: SendRequest;
  /** How long its producer waits; undefined: it does not say. */
  readonly timeoutMs: number | undefined;
  readonly correlationId: string | undefined;
}

/**
 * The assignment as an A2A message. The same assignment sent once more (another timestamp, a higher retry_count) is the same
 * message, so that its work is done once. `description` is the text, `skill` or `capability` names the skill, `parameters`
 * are arguments; what else the payload says rides in the metadata, under `redis`.
 */
export function readAssignment(message: TaskMessage): IncomingWork {
  const { payload } = message;
  const { timeout } = payload;
  const a2a = isObject(payload['a2a']) ? payload['a2a'] : {};
  const correlationId = readText(a2a['correlation_id']);
  return {
    request: { message: toMessage(message, a2a), configuration: { returnImmediately: false } },
    timeoutMs: typeof timeout === 'number' && timeout > 0 ? Math.min(timeout * 1_000, maxTimeoutMs) : undefined,
    correlationId,
  };
}

const maxTimeoutMs = 24 * 3_600_000;
const knownFields: readonly string[] = ['description', 'parts', 'parameters', 'a2a', 'timeout'];

function toMessage(message: TaskMessage, a2a: JsonObject): Message {
  const { id, from_agent, to_agent, payload } = message;
  const skill = readText(payload['skill']) ?? readText(payload['capability']);
  const contextId = readText(payload['context_id']);
  const rest = Object.entries(payload).filter(([name]) => !knownFields.includes(name));
  const redis = { id, from_agent, to_agent, payload: Object.fromEntries(rest) as JsonObject };
  const metadata = { ...(isObject(a2a['metadata']) && a2a['metadata']), ...(skill !== undefined && { skill }), redis };
  return {
    messageId: id,
    role: 'user',
    parts: readParts(payload),
    ...(contextId !== undefined && { contextId }),
    metadata,
  };
}

function readParts(payload: JsonObject): readonly Part[] {
  const parts = decodeParts(payload['parts']);
  if (parts) return parts;
  const { description, parameters } = payload;
  const text: readonly Part[] = isSaid(description) ? [{ text: toText(description) }] : [];
  if (parameters !== undefined && parameters !== null) return [{ data: parameters }, ...text];
  return text.length > 0 ? text : [{ data: payload }];
}

function isSaid(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null && value !== '';
}

function toText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readText(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 512 ? value : undefined;
}
