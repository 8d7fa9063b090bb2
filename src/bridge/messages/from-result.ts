import type { EndState, ExecutionEvent } from '../../agents/index.ts';
import { isObject, type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import type { Artifact, Part } from '../../protocol/index.ts';
import type { TaskMessage } from './task-message.ts';
import { decodeParts, toPart } from './wire-parts.ts';

const endStates: Readonly<Record<string, EndState>> = {
  completed: 'completed',
  complete: 'completed',
  success: 'completed',
  succeeded: 'completed',
  done: 'completed',
  failed: 'failed',
  failure: 'failed',
  error: 'failed',
  timeout: 'failed',
  rejected: 'rejected',
  canceled: 'canceled',
  cancelled: 'canceled',
};
const progressStates: readonly string[] = ['working', 'running', 'in_progress', 'accepted', 'started', 'pending'];

/** True for a result that is only news of work which goes on. */
export function isProgress({ payload }: TaskMessage): boolean {
  return progressStates.includes(readStatus(payload));
}

/**
 * What a Redis agent's result means: its `result` (or `output`) is the artifact, everything else that it says is in the
 * artifact's metadata, or in a data part of the failure. INVALID_AGENT_RESPONSE for a status that nobody knows.
 */
export function readResult(message: TaskMessage): readonly ExecutionEvent[] {
  const status = readStatus(message.payload);
  if (isProgress(message)) return [{ kind: 'status', parts: resultParts(message.payload) }];
  const state = endStates[status];
  if (state === undefined) throw unknownStatus(message, status);
  if (state !== 'completed') return [{ kind: 'end', state, parts: problemParts(message) }];
  const artifact = toArtifact(message);
  const end: ExecutionEvent = { kind: 'end', state };
  return artifact.parts.length === 0 ? [end] : [{ kind: 'artifact', artifact, append: false, lastChunk: true }, end];
}

function readStatus({ status, error }: JsonObject): string {
  if (typeof status === 'string') return status.toLowerCase();
  return error === undefined || error === null ? 'completed' : 'failed';
}

function toArtifact(message: TaskMessage): Artifact {
  const { payload, id, from_agent, to_agent, timestamp, retry_count } = message;
  const redis: JsonObject = {
    id,
    from_agent,
    to_agent,
    timestamp,
    retry_count,
    payload: without(payload, contentFields),
  };
  return { artifactId: 'result', name: 'result', parts: resultParts(payload), metadata: { redis } };
}

const contentFields: readonly string[] = ['result', 'output', 'parts'];
const envelopeFields: readonly string[] = [...contentFields, 'task_id', 'original_task_id', 'status', 'timestamp'];

function resultParts(payload: JsonObject): readonly Part[] {
  const parts = decodeParts(payload['parts']);
  if (parts) return parts;
  const value = payload['result'] ?? payload['output'];
  if (value !== undefined && value !== null) return [toPart(value)];
  const rest = without(payload, [...envelopeFields, 'processed_by']);
  return Object.keys(rest).length === 0 ? [] : [{ data: rest }];
}

function problemParts({ payload, from_agent }: TaskMessage): readonly Part[] {
  const said = [payload['error'], payload['message'], payload['result'], payload['output']].find(isSaid);
  const text = said === undefined ? `${from_agent || 'The Redis agent'} did not say why.` : toText(said);
  const rest = without(payload, ['error', 'status', 'task_id', 'original_task_id']);
  return Object.keys(rest).length === 0 ? [{ text }] : [{ text }, { data: rest }];
}

function isSaid(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined && value !== null && value !== '';
}

function toText(value: JsonValue): string {
  if (typeof value === 'string') return value;
  const inner = isObject(value) ? value['message'] : undefined;
  return typeof inner === 'string' ? inner : JSON.stringify(value);
}

function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name))) as JsonObject;
}

function unknownStatus({ from_agent, id }: TaskMessage, status: string): ParleyError {
  const message = `The Redis agent ${from_agent} answered with the status "${status}", which means nothing here.`;
  return new ParleyError('INVALID_AGENT_RESPONSE', message, { details: { agentId: from_agent, messageId: id } });
}
