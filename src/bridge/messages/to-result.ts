import type { JsonObject, JsonValue } from '../../base/index.ts';
import { ParleyError } from '../../base/index.ts';
import { isInterrupted, type Part, type StreamItem, type Task } from '../../protocol/index.ts';
import { formatLocalTime } from './local-time.ts';
import { createTaskMessage, type TaskMessage } from './task-message.ts';
import { encodePart } from './wire-parts.ts';

export interface ResultOptions {
  /** The assignment that is answered. */
  readonly assignment: TaskMessage;
  /** The agent that answers. */
  readonly agentId: string;
  readonly nowMs: number;
}

/** The answer of an agent of the fabric, as its producer in Redis expects it; the same assignment is answered under the same id. */
export function createResult(item: StreamItem, options: ResultOptions): TaskMessage {
  if (item.kind === 'task') return toTaskResult(item.task, options);
  const parts = item.kind === 'message' ? item.message.parts : [];
  return createMessage({ status: 'completed', ...describeParts(parts) }, options);
}

/** The answer to an assignment of which no work came. */
export function createFailure(thrown: unknown, options: ResultOptions): TaskMessage {
  const { message, code } = ParleyError.from(thrown);
  return createMessage({ status: 'failed', error: message, code }, options);
}

function toTaskResult(task: Task, options: ResultOptions): TaskMessage {
  const { state, message } = task.status;
  const a2a = { task_id: task.id, context_id: task.contextId, state };
  const said = message?.parts ?? [];
  if (state === 'completed') {
    const parts = task.artifacts.flatMap((artifact) => artifact.parts);
    return createMessage({ status: 'completed', ...describeParts(parts.length > 0 ? parts : said), a2a }, options);
  }
  const error = textOf(said) || `The task ended as ${state}.`;
  const { code } = message?.metadata ?? {};
  return createMessage(
    {
      status: 'failed',
      error: isInterrupted(state) ? `The agent asks something that a queue cannot answer: ${error}` : error,
      ...(code !== undefined && { code }),
      a2a,
    },
    options,
  );
}

function createMessage(outcome: JsonObject, { assignment, agentId, nowMs }: ResultOptions): TaskMessage {
  const { id, from_agent, payload } = assignment;
  const known = payload['task_id'];
  return createTaskMessage({
    id: `result_${id}`,
    type: 'task_result',
    from_agent: agentId,
    to_agent: from_agent,
    payload: {
      task_id: id,
      original_task_id: typeof known === 'string' && known !== '' ? known : id,
      ...outcome,
      processed_by: agentId,
      timestamp: formatLocalTime(nowMs),
    },
    nowMs,
  });
}

/** Plain texts and one value are the result itself; anything richer lies beside it as `parts`. */
function describeParts(parts: readonly Part[]): JsonObject {
  const [only] = parts;
  if (only === undefined) return { result: null };
  if (parts.length === 1 && 'data' in only) return { result: only.data };
  const isText = parts.every((part) => 'text' in part);
  const result: JsonValue = isText ? textOf(parts) : (parts.find((part) => 'data' in part)?.data ?? textOf(parts));
  return isText ? { result } : { result, parts: parts.map(encodePart) };
}

function textOf(parts: readonly Part[]): string {
  return parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
}
