import type {
  GetTaskRequest,
  ListTasksRequest,
  SendRequest,
  StreamItem,
  Task,
  TaskIdRequest,
  TaskPage,
} from '../protocol/index.ts';
import type { CallContext, Target } from './call-context.ts';

import type { PushService } from './push/port.ts';

/** An item of a stream with the journal sequence it stands at: the id a reader resumes after. */
export interface SequencedItem {
  readonly sequence: number;
  readonly item: StreamItem;
}

/**
 * The life of a task, the same for every binding.
 *
 * Guarantees: what `send` acknowledged is journalled; the order of a stream is the order of the journal, the same for all its
 * readers; a terminal state is never overwritten, but for a failed one when an operator has its dead letter tried again; a caller sees only its own tasks (an operator sees all), and what it may
 * not see answers TASK_NOT_FOUND.
 */
export interface TaskService {
  /** Blocks until the task ends or waits for its caller, unless `returnImmediately`. Answers a task or a message. */
  send(target: Target, request: SendRequest, context: CallContext, signal: AbortSignal): Promise<StreamItem>;
  /** The task as it is, then what happens to it, in batches of one turn; ends with the task. */
  stream(
    target: Target,
    request: SendRequest,
    context: CallContext,
    signal: AbortSignal,
  ): AsyncIterable<readonly SequencedItem[]>;
  /** With `context.generation.beyond` not before the task is beyond it or has ended; but for half a minute at most, and until the signal aborts. */
  get(target: Target, request: GetTaskRequest, context: CallContext, signal?: AbortSignal): Promise<Task>;
  list(target: Target, request: ListTasksRequest, context: CallContext): Promise<TaskPage>;
  /** Stops the work and answers the task as it is then. */
  cancel(target: Target, request: TaskIdRequest, context: CallContext): Promise<Task>;
  /** `after`: go on behind that sequence; undefined: begin with the task as it is (UNSUPPORTED_OPERATION when it has ended). */
  subscribe(
    target: Target,
    request: TaskIdRequest,
    context: CallContext,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<readonly SequencedItem[]>;
  readonly push: PushService;
}
