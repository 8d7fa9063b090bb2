import type { ExecutionEvent } from '../agents/index.ts';
import { hasCode, type JsonValue, ParleyError } from '../base/index.ts';
import type { Message, Part } from '../protocol/index.ts';
import type { TaskEvent } from './events.ts';

export interface EventSource {
  readonly taskId: string;
  readonly contextId: string;
  readonly at: number;
  readonly createId: () => string;
}

/** What an executor's event means for the journal; parts are already detached. */
export function toTaskEvent(event: ExecutionEvent, source: EventSource): TaskEvent {
  const { at } = source;
  switch (event.kind) {
    case 'status':
      return { type: 'status', at, state: 'working', ...agentMessage(partsOf(event), source) };
    case 'ask':
      return { type: 'status', at, state: event.state, ...agentMessage(event.parts, source) };
    case 'artifact':
      return { type: 'artifact', at, artifact: event.artifact, append: event.append, lastChunk: event.lastChunk };
    case 'reply':
      return { type: 'reply', at, message: createMessage(event.parts, source) };
    case 'end':
      return { type: 'status', at, state: event.state, ...agentMessage(event.parts, source) };
  }
}

/** How a call that threw ends its task. A cancelled one is `canceled`; any other says what went wrong, with its code. */
export function toFailure(thrown: unknown, source: EventSource): TaskEvent {
  const error = ParleyError.from(thrown);
  const state = hasCode(error, 'CANCELED') ? 'canceled' : 'failed';
  const violations = error.details['violations'] as JsonValue | undefined;
  const metadata = { code: error.code, ...(violations !== undefined && { violations }) };
  const message = { ...createMessage([{ text: error.message }], source), metadata };
  return { type: 'status', at: source.at, state, message };
}

function partsOf(event: Extract<ExecutionEvent, { kind: 'status' }>): readonly Part[] {
  return event.parts ?? (event.text === undefined ? [] : [{ text: event.text }]);
}

function agentMessage(parts: readonly Part[] | undefined, source: EventSource): { message?: Message } {
  return parts && parts.length > 0 ? { message: createMessage(parts, source) } : {};
}

function createMessage(parts: readonly Part[], { taskId, contextId, createId }: EventSource): Message {
  return { messageId: createId(), role: 'agent', parts, taskId, contextId };
}
