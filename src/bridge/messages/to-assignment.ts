import type { Invocation } from '../../agents/index.ts';
import { isObject, type JsonObject } from '../../base/index.ts';
import type { Part } from '../../protocol/index.ts';
import { createTaskMessage, type TaskMessage } from './task-message.ts';
import { encodePart } from './wire-parts.ts';

export interface AssignmentOptions {
  /** `a2a_task_{8 hex}`. */
  readonly id: string;
  /** The bridge's own id: where the answer goes. */
  readonly replyAgent: string;
  /** The Redis agent. */
  readonly agentId: string;
  readonly nowMs: number;
  /** How long the answer is waited for. */
  readonly timeoutMs: number;
}

/**
 * The work as a Redis agent takes it. Texts are the description (or the field `description` of a data part); the fields of
 * data parts lie beside it, where such agents look for `priority` and the like. What only A2A knows is in `a2a`, and `parts`
 * holds all parts when they are more than plain text. `parent` is where agents of the type `subagent` send their answers.
 */
export function createAssignment(invocation: Invocation, options: AssignmentOptions): TaskMessage {
  const { id, replyAgent, agentId, nowMs, timeoutMs } = options;
  const fields = dataFields(invocation.parts);
  const payload: JsonObject = {
    ...fields,
    description: describe(invocation.parts, fields),
    context_id: invocation.task?.contextId ?? invocation.id,
    timeout: timeoutMs / 1_000,
    task_id: id,
    parent: replyAgent,
    ...(invocation.skill !== undefined && { skill: invocation.skill }),
    ...(isPlainText(invocation.parts) ? {} : { parts: invocation.parts.map(encodePart) }),
    a2a: describeCall(invocation),
  };
  return createTaskMessage({ id, type: 'task_assignment', from_agent: replyAgent, to_agent: agentId, payload, nowMs });
}

/** Who calls in which task. The call token stays here: queues have many readers. */
function describeCall({ id, task, caller, trace }: Invocation): JsonObject {
  return {
    invocation_id: id,
    ...(task && { task_id: task.id, message_id: task.messageId, metadata: { ...task.metadata } as JsonObject }),
    caller: caller.id,
    path: [...caller.path],
    correlation_id: trace.correlationId,
    ...(trace.traceparent !== undefined && { traceparent: trace.traceparent }),
  };
}

function dataFields(parts: readonly Part[]): JsonObject {
  const objects = parts.flatMap((part) => ('data' in part && isObject(part.data) ? [part.data] : []));
  return Object.assign({}, ...objects) as JsonObject;
}

function describe(parts: readonly Part[], fields: JsonObject): string {
  const { description } = fields;
  const texts = parts.flatMap((part) => ('text' in part ? [part.text] : []));
  if (texts.length > 0) return texts.join('\n');
  if (typeof description === 'string') return description;
  const data = parts.flatMap((part) => ('data' in part ? [JSON.stringify(part.data)] : []));
  return data.join('\n');
}

function isPlainText(parts: readonly Part[]): boolean {
  return parts.every((part) => 'text' in part && Object.keys(part).length === 1);
}
