import { ParleyError } from '../base/index.ts';
import type { Message } from '../protocol/index.ts';
import type { TaskEvent } from './events.ts';
import { hasEnded, type TaskState } from './fold.ts';
import { maxWaitingAnswers } from './run.ts';

/** Throws when a further message does not fit the task: it has ended (or is not open), or the context is another. */
export function checkFollowUp(state: TaskState, message: Message, isOpen: boolean): void {
  if (!isOpen || hasEnded(state)) {
    const { id, status } = state;
    throw new ParleyError(
      'UNSUPPORTED_OPERATION',
      `Task ${id} has ended (${status.state}). Send without a taskId to begin a new one.`,
    );
  }
  if (message.contextId === undefined || message.contextId === state.submitted.contextId) return;
  throw new ParleyError(
    'INVALID_PARAMS',
    `Task ${state.id} belongs to another context. Leave contextId out, or give the task's own.`,
    {
      details: { violations: [{ field: 'message.contextId', description: 'is not the context of the task' }] },
    },
  );
}

/** What a further message of the caller puts into the journal. */
export function followUpEvents({ status }: TaskState, message: Message, at: number): TaskEvent[] {
  const said: TaskEvent = { type: 'message', at, message };
  return status.state === 'submitted' ? [said] : [said, { type: 'status', at, state: 'working' }];
}

/** QUEUE_FULL when so many messages wait for the agent that it must take some first. */
export function refuseOver(waiting: number, taskId: string): void {
  if (waiting < maxWaitingAnswers) return;
  const message = `Task ${taskId} has ${waiting} messages that its agent has not taken yet. Send more when it has asked.`;
  throw new ParleyError('QUEUE_FULL', message, { retryAfterMs: 1_000 });
}
