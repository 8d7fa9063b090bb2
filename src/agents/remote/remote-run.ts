import {
  abortable,
  type Clock,
  computeBackoffMs,
  type ErrorCode,
  hasCode,
  type JsonValue,
  ParleyError,
  sleep,
  withTimeout,
} from '../../base/index.ts';
import { idempotentKeyName, isInterrupted, type Message, type Task } from '../../protocol/index.ts';
import type { ExecutionEvent, Invocation } from '../port.ts';
import { outcomeUnknown } from './remote-errors.ts';
import { RemoteProgress } from './remote-progress.ts';
import type { RemoteWire, WireCall, WireItem } from './remote-wire.ts';

/** How patient a call of a remote agent is. Times in milliseconds. */
export interface RemotePatience {
  /** The other side may stay away for so long before the outcome counts as unknown. */
  readonly reconnectMs: number;
  /** How long a cancellation may take there. */
  readonly cancelWaitMs: number;
  /** How often a task that waits for an answer is looked at, in case that somebody else gives one. */
  readonly askPollMs: number;
}

export interface RemoteRunOptions {
  readonly invocation: Invocation;
  readonly wire: RemoteWire;
  /** Names the other side in errors. */
  readonly target: string;
  /** The other side streams. */
  readonly streaming: boolean;
  /** The other side does a send with one key once. */
  readonly doesOnce: boolean;
  /** The message says which skill is meant. */
  readonly namesSkill: boolean;
  /** Beside those that say what the call belongs to: credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly patience: RemotePatience;
  readonly clock: Clock;
}

const backoff = { baseMs: 200, multiplier: 2, maxMs: 2_000 };
/** A message has at least one part. */
const noInput = [{ data: {} }];
const notStreamed: readonly ErrorCode[] = ['UNSUPPORTED_OPERATION', 'METHOD_NOT_FOUND'];

/** One call of a remote agent, from its message to the end of its task there. */
export class RemoteRun {
  readonly #options: RemoteRunOptions;
  readonly #progress = new RemoteProgress();
  readonly #answers: AsyncIterator<Message>;
  #streaming: boolean;
  #hangUp = new AbortController();
  #pending: Promise<IteratorResult<WireItem>> | undefined;
  #answer: Promise<IteratorResult<Message>> | undefined;
  #quietTurns = 0;
  #awaySinceMs: number | undefined;

  constructor(options: RemoteRunOptions) {
    this.#options = options;
    this.#streaming = options.streaming;
    this.#answers = options.invocation.answers[Symbol.asyncIterator]();
  }

  /** The events of the call. An abort of the invocation cancels the task there; a reader that leaves does, too. */
  async *events(): AsyncGenerator<ExecutionEvent, void, undefined> {
    const { doesOnce, invocation } = this.#options;
    const { signal } = invocation;
    let left = true;
    try {
      yield* this.#attend();
      left = false;
    } catch (thrown) {
      left = false;
      if (!signal.aborted) throw thrown;
      // Who sends again with the same key is given this very task: it may go on meanwhile.
      if (doesOnce && isNodeStop(signal.reason)) throw thrown;
      yield* this.#cancel();
    } finally {
      this.#hangUp.abort();
      if (left && !this.#progress.ended) this.#stopTask().catch(() => {});
    }
  }

  async *#attend(): AsyncGenerator<ExecutionEvent, void, undefined> {
    const { id, task } = this.#options.invocation;
    yield* this.#take(this.#deliver(this.#createMessage(task?.messageId ?? id), id));
    while (!this.#progress.ended) {
      const { state } = this.#progress;
      yield* this.#take(state !== undefined && isInterrupted(state) ? this.#converse() : this.#resume());
    }
  }

  /** Gives out what a stream brings, until it ends, breaks, or the other side waits for an answer. */
  async *#take(stream: AsyncGenerator<WireItem>): AsyncGenerator<ExecutionEvent, void, undefined> {
    const { signal } = this.#options.invocation;
    try {
      while (true) {
        this.#pending = stream.next();
        const next = await abortable(this.#pending, signal);
        this.#pending = undefined;
        if (next.done) break;
        const events = this.#hear(next.value);
        yield* events;
        if (this.#progress.ended || events.at(-1)?.kind === 'ask') break;
      }
    } catch (thrown) {
      if (signal.aborted || this.#progress.taskId === undefined || !isAway(thrown)) throw thrown;
      this.#awaySinceMs ??= this.#options.clock.now();
    }
    this.#hangUp.abort();
    stream.return(undefined).catch(() => {});
  }

  #hear(item: WireItem): readonly ExecutionEvent[] {
    this.#awaySinceMs = undefined;
    const events = this.#progress.take(item);
    if (events.length > 0) this.#quietTurns = 0;
    return events;
  }

  /** Sends the first message and gives its stream. What was not taken for sure, or is done once there, is sent again. */
  async *#deliver(message: Message, key: string): AsyncGenerator<WireItem, void, undefined> {
    let mayBeThere = false;
    while (true) {
      let heard = false;
      try {
        for await (const item of this.#sendOnce(message, key)) {
          heard = true;
          yield item;
        }
        if (heard) return;
        throw new ParleyError('UNREACHABLE', `${this.#options.target} closed the connection without an answer.`);
      } catch (thrown) {
        if (heard || !isAway(thrown) || (hasCode(thrown, 'AGENT_UNAVAILABLE') && !mayBeThere)) throw thrown;
        if (hasCode(thrown, 'UNREACHABLE') && !this.#options.doesOnce) throw this.#unknown(thrown);
        mayBeThere = true;
        this.#awaySinceMs ??= this.#options.clock.now();
        await this.#pause(thrown);
      }
    }
  }

  async *#sendOnce(message: Message, key: string): AsyncGenerator<WireItem, void, undefined> {
    const { wire } = this.#options;
    const call = this.#call({ 'idempotency-key': key });
    if (this.#streaming) {
      try {
        return yield* wire.stream({ message, configuration: { returnImmediately: false } }, call);
      } catch (thrown) {
        if (!notStreamed.some((code) => hasCode(thrown, code))) throw thrown;
        this.#streaming = false;
      }
    }
    yield { item: await wire.send({ message, configuration: { returnImmediately: true } }, call) };
  }

  /** The task goes on without us: its stream from where we were, or a look at it. */
  async *#resume(): AsyncGenerator<WireItem, void, undefined> {
    await this.#pause(undefined);
    const { lastEventId } = this.#progress;
    if (this.#streaming) {
      try {
        return yield* this.#options.wire.subscribe(this.#taskId(), lastEventId, this.#call());
      } catch (thrown) {
        if (isAway(thrown)) throw thrown;
        if (hasCode(thrown, 'TASK_NOT_FOUND')) throw this.#unknown(thrown);
        // A task that has ended, or a server without this operation: the task itself says more.
      }
    }
    yield* this.#look();
  }

  /** The other side waits: for the next answer, or until it no longer does. */
  async *#converse(): AsyncGenerator<WireItem, void, undefined> {
    const { clock, patience, invocation } = this.#options;
    this.#answer ??= this.#answers.next();
    const answered = await withTimeout(clock, this.#answer, patience.askPollMs);
    if (answered === undefined) return yield* this.#look();
    if (answered.done) {
      await sleep(clock, patience.askPollMs, invocation.signal);
      return yield* this.#look();
    }
    this.#answer = undefined;
    if (!this.#progress.hasSent(answered.value.messageId)) yield* this.#respond(answered.value);
  }

  /** Hands on an answer. When the connection breaks, the task's history says whether it has come; if not, it is sent again. */
  async *#respond({ messageId, parts }: Message): AsyncGenerator<WireItem, void, undefined> {
    const { clock, invocation } = this.#options;
    const { taskId, contextId } = this.#progress;
    const place = { ...(taskId !== undefined && { taskId }), ...(contextId !== undefined && { contextId }) };
    const message: Message = { messageId, role: 'user', parts, ...place };
    let heard = false;
    try {
      for await (const item of this.#sendOnce(message, `${invocation.id}/${messageId}`)) {
        heard = true;
        yield item;
      }
    } catch (thrown) {
      if (heard || !isAway(thrown)) throw thrown;
    }
    if (heard) return;
    this.#answer = Promise.resolve({ done: false, value: message });
    this.#awaySinceMs ??= clock.now();
    await this.#pause(undefined);
    yield* this.#look();
  }

  async *#look(): AsyncGenerator<WireItem, void, undefined> {
    const task = await this.#options.wire.getTask(this.#taskId(), this.#call()).catch((thrown: unknown) => {
      throw hasCode(thrown, 'TASK_NOT_FOUND') ? this.#unknown(thrown) : thrown;
    });
    yield { item: { kind: 'task', task } };
  }

  /** Waits a little longer each time that nothing is new; OUTCOME_UNKNOWN when the other side has been away for too long. */
  async #pause(why: unknown): Promise<void> {
    const { clock, patience, invocation } = this.#options;
    const awayMs = this.#awaySinceMs === undefined ? 0 : clock.now() - this.#awaySinceMs;
    if (awayMs >= patience.reconnectMs) throw this.#unknown(why ?? new Error('It cannot be reached any more.'));
    await sleep(clock, computeBackoffMs(backoff, this.#quietTurns++), invocation.signal);
  }

  /** Stops the task there and gives out how it ended, which may be otherwise. */
  async *#cancel(): AsyncGenerator<ExecutionEvent, void, undefined> {
    const { clock, patience, invocation } = this.#options;
    const reason: unknown = invocation.signal.reason;
    // The answer to the first message names the task that is to be stopped.
    if (this.#progress.taskId === undefined && this.#pending !== undefined) {
      const next = await withTimeout(clock, this.#pending, patience.cancelWaitMs).catch(() => undefined);
      if (next?.value) yield* this.#progress.take(next.value);
    }
    if (this.#progress.ended) return;
    const task = await this.#stopTask().catch(() => undefined);
    const events = task ? this.#progress.take({ item: { kind: 'task', task } }) : [];
    if (!this.#progress.ended) throw reason;
    yield* events;
  }

  async #stopTask(): Promise<Task | undefined> {
    const { wire, patience } = this.#options;
    const { taskId } = this.#progress;
    this.#hangUp.abort();
    if (taskId === undefined) return undefined;
    const call = { ...this.#call(), signal: AbortSignal.timeout(patience.cancelWaitMs) };
    return wire.cancelTask(taskId, call).catch(() => wire.getTask(taskId, call));
  }

  /** What goes with the next exchange, which takes the place of the one before. */
  #call(more: Readonly<Record<string, string>> = {}): WireCall {
    const { invocation, headers, clock } = this.#options;
    const { trace, deadlineAtMs } = invocation;
    this.#hangUp.abort();
    this.#hangUp = new AbortController();
    return {
      headers: {
        'x-correlation-id': trace.correlationId,
        ...(trace.traceparent !== undefined && { traceparent: trace.traceparent }),
        ...(deadlineAtMs !== undefined && { 'parley-timeout-ms': String(Math.max(1, deadlineAtMs - clock.now())) }),
        ...more,
        ...headers,
      },
      signal: this.#hangUp.signal,
      opened: () => {
        this.#awaySinceMs = undefined;
      },
    };
  }

  #createMessage(messageId: string): Message {
    const { invocation, namesSkill } = this.#options;
    const { skill, parts, task } = invocation;
    const given: Record<string, JsonValue | undefined> = { ...task?.metadata };
    delete given[idempotentKeyName];
    const metadata = { ...given, ...(skill !== undefined && namesSkill && { skill }) };
    const content = parts.length > 0 ? parts : noInput;
    return { messageId, role: 'user', parts: content, ...(task && { contextId: task.contextId }), metadata };
  }

  #taskId(): string {
    return this.#progress.taskId ?? '';
  }

  #unknown(why: unknown): ParleyError {
    return outcomeUnknown(this.#options.target, why, this.#progress.taskId);
  }
}

function isNodeStop(reason: unknown): boolean {
  return hasCode(reason, 'CANCELED') && reason.details['nodeStops'] === true;
}

/** The other side could not be asked; it may come back. */
function isAway(thrown: unknown): boolean {
  return hasCode(thrown, 'UNREACHABLE') || hasCode(thrown, 'AGENT_UNAVAILABLE');
}
