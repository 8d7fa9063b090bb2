import { createId, ParleyError } from '../base/index.ts';
import {
  type GetTaskRequest,
  isInterrupted,
  isTerminal,
  type ListTasksRequest,
  type Message,
  type SendRequest,
  type StreamItem,
  type Task,
  type TaskIdRequest,
  type TaskPage,
} from '../protocol/index.ts';
import { mayTouch } from '../security/index.ts';
import type { CallContext, SequencedItem, Target, TaskService } from '../tasks/index.ts';
import { FakePushService } from './fake-push-service.ts';
import { FakeTask } from './fake-task.ts';

export interface FakeTaskServiceOptions {
  /** What the word `flood` publishes. */
  readonly flood?: { readonly chunks: number; readonly chunkBytes: number };
}

/**
 * A TaskService in memory that keeps the port's guarantees. The first text of a message says what its agent does:
 * `reply` answers a message; `wait` works until it is cancelled or finished; `ask` asks back and ends with the answer;
 * `flood` publishes more than fits anywhere; anything else comes back as an artifact, and the task is completed.
 */
export class FakeTaskService implements TaskService {
  /** What was handed over with each call, in order. */
  readonly contexts: CallContext[] = [];
  readonly push: FakePushService = new FakePushService();
  /** Batches that readers have pulled so far. */
  pulled = 0;
  /** Streams that are being read. */
  readers = 0;
  readonly #flood: { readonly chunks: number; readonly chunkBytes: number };
  readonly #tasks = new Map<string, FakeTask>();
  readonly #byKey = new Map<string, { readonly task: FakeTask; readonly body: string }>();

  constructor(options: FakeTaskServiceOptions = {}) {
    this.#flood = options.flood ?? { chunks: 0, chunkBytes: 0 };
  }

  async send(target: Target, request: SendRequest, context: CallContext, signal: AbortSignal): Promise<StreamItem> {
    this.contexts.push(context);
    if (textOf(request.message) === 'reply') return createReply(request.message);
    const task = this.#submit(target, request, context);
    if (!request.configuration.returnImmediately) await task.waitFor(() => isSettled(task), signal);
    return { kind: 'task', task: task.snapshot };
  }

  async *stream(
    target: Target,
    request: SendRequest,
    context: CallContext,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SequencedItem[]> {
    this.contexts.push(context);
    if (textOf(request.message) === 'reply') {
      yield [{ sequence: 1, item: createReply(request.message) }];
      return;
    }
    const task = this.#submit(target, request, context);
    yield* this.#read(
      task,
      task.version,
      [{ sequence: task.version, item: { kind: 'task', task: task.snapshot } }],
      signal,
    );
  }

  async get(target: Target, request: GetTaskRequest, context: CallContext): Promise<Task> {
    this.contexts.push(context);
    const task = this.#find(target, request.id, context).snapshot;
    return request.historyLength === undefined
      ? task
      : { ...task, history: newest(task.history, request.historyLength) };
  }

  async list(target: Target, request: ListTasksRequest, context: CallContext): Promise<TaskPage> {
    this.contexts.push(context);
    const start = request.pageToken === undefined ? 0 : Number(request.pageToken);
    const visible = [...this.#tasks.values()].filter(
      (task) =>
        task.target.agentId === target.agentId &&
        mayTouch(context.principal, task.owner) &&
        (request.contextId === undefined || request.contextId === task.contextId) &&
        (request.state === undefined || request.state === task.state),
    );
    const end = start + request.pageSize;
    const tasks = visible.reverse().slice(start, end);
    return {
      tasks: tasks.map(({ snapshot }) => (request.includeArtifacts ? snapshot : { ...snapshot, artifacts: [] })),
      nextPageToken: end < visible.length ? String(end) : '',
      pageSize: request.pageSize,
      totalSize: visible.length,
    };
  }

  async cancel(target: Target, request: TaskIdRequest, context: CallContext): Promise<Task> {
    this.contexts.push(context);
    const task = this.#find(target, request.id, context);
    if (isTerminal(task.state)) throw new ParleyError('TASK_NOT_CANCELABLE', `Task ${task.id} has already ended.`);
    task.setState('canceled');
    return task.snapshot;
  }

  async *subscribe(
    target: Target,
    request: TaskIdRequest,
    context: CallContext,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SequencedItem[]> {
    this.contexts.push(context);
    const task = this.#find(target, request.id, context);
    const { version } = task;
    if (isTerminal(task.state) && (after === undefined || after >= version)) {
      throw new ParleyError('UNSUPPORTED_OPERATION', `Task ${task.id} has ended; get it.`);
    }
    if (after !== undefined) return yield* this.#read(task, after, [], signal);
    yield* this.#read(task, version, [{ sequence: version, item: { kind: 'task', task: task.snapshot } }], signal);
  }

  /** The task with that id, for the test to drive. */
  task(id: string): FakeTask {
    const task = this.#tasks.get(id);
    if (!task) throw notFound(id);
    return task;
  }

  /** Every task, oldest first. */
  all(): readonly FakeTask[] {
    return [...this.#tasks.values()];
  }

  async *#read(
    task: FakeTask,
    after: number,
    first: readonly SequencedItem[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly SequencedItem[]> {
    this.readers++;
    try {
      if (first.length > 0) yield first;
      for await (const batch of task.follow(after, signal)) {
        this.pulled++;
        yield batch;
      }
    } finally {
      this.readers--;
    }
  }

  #submit(target: Target, request: SendRequest, context: CallContext): FakeTask {
    const { message } = request;
    if (message.taskId !== undefined) return this.#answer(this.#find(target, message.taskId, context), message);
    const key = context.idempotencyKey && `${context.principal.id} ${target.agentId} ${context.idempotencyKey}`;
    const known = key === undefined ? undefined : this.#byKey.get(key);
    const body = JSON.stringify(message.parts);
    if (known && known.body !== body) {
      throw new ParleyError('IDEMPOTENCY_CONFLICT', `The key was used before, for task ${known.task.id}.`);
    }
    const task = known?.task ?? this.#create(target, message, context);
    if (key !== undefined) this.#byKey.set(key, { task, body });
    return task;
  }

  #create(target: Target, message: Message, context: CallContext): FakeTask {
    const contextId = message.contextId ?? createId();
    const task = new FakeTask({ id: createId(), contextId, owner: context.principal.id, target, message });
    this.#tasks.set(task.id, task);
    setImmediate(() => this.#work(task, message));
    return task;
  }

  #answer(task: FakeTask, message: Message): FakeTask {
    if (isTerminal(task.state)) throw new ParleyError('UNSUPPORTED_OPERATION', `Task ${task.id} has ended.`);
    task.history.push(message);
    task.setState('working');
    setImmediate(() => this.#finish(task, message));
    return task;
  }

  #work(task: FakeTask, message: Message): void {
    const word = textOf(message);
    if (word === 'flood') task.startFlood(this.#flood.chunks, this.#flood.chunkBytes);
    task.setState('working');
    if (word === 'wait') return;
    if (word === 'ask') task.setState('input-required', [{ text: 'Which one?' }]);
    else this.#finish(task, message);
  }

  #finish(task: FakeTask, { parts }: Message): void {
    if (isTerminal(task.state)) return;
    task.addArtifact('echo', parts);
    task.setState('completed');
  }

  #find(target: Target, id: string, context: CallContext): FakeTask {
    const task = this.#tasks.get(id);
    if (task && task.target.agentId === target.agentId && mayTouch(context.principal, task.owner)) return task;
    throw notFound(id);
  }
}

function textOf({ parts: [part] }: Message): string {
  return part && 'text' in part ? part.text : '';
}

function createReply(message: Message): StreamItem {
  const { contextId } = message;
  const reply: Message = { messageId: createId(), role: 'agent', parts: [{ text: 'a reply' }] };
  return { kind: 'message', message: contextId === undefined ? reply : { ...reply, contextId } };
}

function isSettled({ state }: FakeTask): boolean {
  return isTerminal(state) || isInterrupted(state);
}

function newest<T>(items: readonly T[], count: number): readonly T[] {
  return count === 0 ? [] : items.slice(-count);
}

function notFound(id: string): ParleyError {
  return new ParleyError('TASK_NOT_FOUND', `There is no task ${id} for this caller.`);
}
