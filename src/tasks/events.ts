import { formatTimestamp, type JsonObject } from '../base/index.ts';
import type { Artifact, Message, StreamItem, TaskState } from '../protocol/index.ts';
import type { NodeLife } from './seat.ts';

/** Everything that can happen to a task, as it is journalled. `at`: ms since the epoch. A task's state is a fold over these. */
export type TaskEvent =
  | SubmittedEvent
  | DispatchedEvent
  | StatusEvent
  | ArtifactEvent
  | MessageEvent
  | CancelEvent
  | TakenEvent
  | RedrivenEvent
  | ReplyEvent;

/** Always the first. */
export interface SubmittedEvent {
  readonly type: 'submitted';
  readonly at: number;
  readonly agentId: string;
  /** Set when the caller named one deployment. */
  readonly endpointId?: string;
  /** The principal that may see the task. */
  readonly owner: string;
  readonly contextId: string;
  readonly skill: string;
  readonly message: Message;
  readonly metadata?: JsonObject;
  readonly deadlineAtMs?: number;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** The principal that began the chain of calls, and the agents it passed on its way here. */
  readonly origin: string;
  /** The roles of that principal, when it had any. */
  readonly roles?: readonly string[];
  readonly path: readonly string[];
  /** The invocation that made the call, when an agent did: this task ends when that one is cancelled. */
  readonly startedBy?: string;
  /** What the task follows from: the task whose agent made the call, or a record of the log. */
  readonly causationId?: string;
  /** Whose data it is, when not the origin's. */
  readonly party?: string;
  /** The node that writes this journal, when several use the store. */
  readonly node?: NodeLife;
}

/** Written before the work leaves the node. */
export interface DispatchedEvent {
  readonly type: 'dispatched';
  readonly at: number;
  readonly invocationId: string;
  readonly endpointId: string;
  readonly attempt: number;
  /** May be handed out again when its outcome is not known. */
  readonly idempotent: boolean;
}

export interface StatusEvent {
  readonly type: 'status';
  readonly at: number;
  readonly state: TaskState;
  readonly message?: Message;
}

export interface ArtifactEvent {
  readonly type: 'artifact';
  readonly at: number;
  readonly artifact: Artifact;
  readonly append: boolean;
  readonly lastChunk: boolean;
}

/** A further message of the caller: the answer to a question. */
export interface MessageEvent {
  readonly type: 'message';
  readonly at: number;
  readonly message: Message;
}

export interface CancelEvent {
  readonly type: 'cancel';
  readonly at: number;
  readonly by: string;
}

/** Another node writes the journal from here on: the one before is gone. */
export interface TakenEvent {
  readonly type: 'taken';
  readonly at: number;
  readonly node: NodeLife;
}

/** An operator has a failed task tried again: all that counts for a new dispatch begins anew. */
export interface RedrivenEvent {
  readonly type: 'redriven';
  readonly at: number;
  readonly by: string;
  /** The node that writes the journal from here on, when several use the store. */
  readonly node?: NodeLife;
}

/**
 * The agent answered with a message, and nothing follows. A caller that waited for it gets just the message; to those who
 * have seen the task before, it is the message of a completed task.
 */
export interface ReplyEvent {
  readonly type: 'reply';
  readonly at: number;
  readonly message: Message;
}

/** The journal kind and the collection of tasks. */
export const taskJournal = 'task';
export const taskCollection = 'tasks';

/** An event of the journal as its readers see it; undefined for those that only the fabric itself needs. */
export function toStreamItem(event: TaskEvent, taskId: string, contextId: string): StreamItem | undefined {
  switch (event.type) {
    case 'dispatched':
      return {
        kind: 'status',
        update: { taskId, contextId, status: { state: 'working', timestamp: formatTimestamp(event.at) } },
      };
    case 'redriven':
      return {
        kind: 'status',
        update: { taskId, contextId, status: { state: 'submitted', timestamp: formatTimestamp(event.at) } },
      };
    case 'status': {
      const { state, message, at } = event;
      const status = { state, ...(message && { message }), timestamp: formatTimestamp(at) };
      return { kind: 'status', update: { taskId, contextId, status } };
    }
    case 'artifact': {
      const { artifact, append, lastChunk } = event;
      return { kind: 'artifact', update: { taskId, contextId, artifact, append, lastChunk } };
    }
    case 'reply': {
      const status = { state: 'completed' as const, message: event.message, timestamp: formatTimestamp(event.at) };
      return { kind: 'status', update: { taskId, contextId, status } };
    }
    case 'submitted':
    case 'message':
    case 'cancel':
    case 'taken':
      return undefined;
  }
}
