import {
  type Clock,
  type Component,
  hasCode,
  type Logger,
  ParleyError,
  type Telemetry,
  withTimeout,
} from '../base/index.ts';
import {
  type GetTaskRequest,
  isTerminal,
  type ListTasksRequest,
  longestGenerationWaitMs,
  type Message,
  type SendRequest,
  type StreamItem,
  type Task,
  type TaskIdRequest,
  type TaskPage,
} from '../protocol/index.ts';
import type { Registry } from '../registry/index.ts';
import type { CallLetter, CallResilience, LetterKind } from '../resilience/index.ts';
import { type CallTokens, type ChainsInFlight, mayTouch } from '../security/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import type { ActiveTask } from './active-task.ts';
import { ActiveTasks } from './active-tasks.ts';
import { awaitGeneration } from './await-generation.ts';
import { createTaskBlobs, type TaskBlobs } from './blobs.ts';
import type { CallContext, Target } from './call-context.ts';
import { type CancellationOptions, cancelStarted, cancelTask } from './cancellation.ts';
import { createCallLetters } from './dead-letters/call-letters.ts';
import { Dispatcher } from './dispatcher.ts';
import { createTasksElsewhere, type TasksElsewhere } from './elsewhere.ts';
import type { TaskEvent } from './events.ts';
import { hasEnded, type TaskState, toTask } from './fold.ts';
import { Intake } from './intake.ts';
import { listTaskIds } from './listing.ts';
import type { SequencedItem, TaskService } from './port.ts';
import type { PushService } from './push/port.ts';
import { Webhooks, type WebhooksOptions } from './push/webhooks.ts';
import { followTask, loadTaskState } from './reader.ts';
import { requireReached } from './require-reached.ts';
import { type NodeSeat, type TaskNodeDuties, toRefusal } from './seat.ts';
import type { TaskSettings } from './settings.ts';

/** A stream's first item waits so long for the agent's first word: a short answer fits into one write, a message stays a message. */
const snapshotDelayMs = 250;
const neverAborts = new AbortController().signal;

export interface TaskServiceOptions {
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly registry: Registry;
  readonly callTokens: Pick<CallTokens, 'sign'>;
  /** What deployments work on, shared with calls that have no task. */
  readonly chains: ChainsInFlight;
  readonly settings: TaskSettings;
  readonly resilience: CallResilience;
  /** This node among those that share the store; undefined: it is alone. */
  readonly seat?: NodeSeat | undefined;
  readonly push: Pick<WebhooksOptions, 'transport' | 'signer' | 'sealer' | 'retry' | 'timeoutMs'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

export type RunningTaskService = TaskService &
  Component & { readonly duties: TaskNodeDuties; readonly callLetters: LetterKind<CallLetter> };

/** Opens the life of tasks on one node. `start` takes up what an earlier run of the node left; `stop` lets runs end. */
export function createTaskService(options: TaskServiceOptions): RunningTaskService {
  return new LocalTaskService(options);
}

class LocalTaskService implements RunningTaskService {
  readonly name = 'tasks';
  readonly #options: TaskServiceOptions;
  readonly #store: Store;
  readonly #blobs: TaskBlobs;
  readonly #dispatcher: Dispatcher;
  readonly #active: ActiveTasks;
  readonly #webhooks: Webhooks;
  readonly callLetters: LetterKind<CallLetter>;
  readonly #elsewhere: TasksElsewhere | undefined;
  readonly #intake: Intake;

  constructor(options: TaskServiceOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#blobs = createTaskBlobs(options.store, options.blobs);
    this.#dispatcher = new Dispatcher({ ...options, ...options.settings, blobs: this.#blobs });
    const { retention } = options.settings;
    this.#active = new ActiveTasks({ ...options, blobs: this.#blobs, dispatcher: this.#dispatcher, retention });
    const { seat } = options;
    this.#elsewhere = seat && createTasksElsewhere({ store: options.store, seat, retention });
    this.#webhooks = new Webhooks({
      ...options,
      ...options.push,
      blobs: this.#blobs,
      keptMs: retention.finishedTaskMs,
      load: (id) => this.#active.load(id, true),
      find: (target, id, context) => this.#find(target, id, context),
    });
    this.callLetters = createCallLetters({
      ...{ store: options.store, clock: options.clock, seat, blobs: this.#blobs },
      ...{ active: this.#active, dispatcher: this.#dispatcher },
      onReopened: (taskId) => this.#webhooks.reopen(taskId),
    });
    this.#intake = new Intake({
      ...options,
      ...{ blobs: this.#blobs, dispatcher: this.#dispatcher, active: this.#active, webhooks: this.#webhooks },
      elsewhere: this.#elsewhere,
      find: (target, id, context) => this.#find(target, id, context),
    });
  }

  get push(): PushService {
    return this.#webhooks;
  }

  get duties(): TaskNodeDuties {
    return {
      takeOver: async (nodeId) => {
        const tasks = await this.#active.takeOver(nodeId);
        await this.#webhooks.takeOver(nodeId);
        return tasks;
      },
      obey: (order) => this.#webhooks.obey(order),
      attend: (taskId) => this.#active.attend(taskId),
      taskIds: () => this.#active.ids(),
      abandonAll: (reason) => this.#active.abandonAll(reason),
      cancelStarted: (invocationId, by) => cancelStarted(invocationId, by, this.#cancellation()),
    };
  }

  async start(): Promise<void> {
    await this.#active.recoverAll();
    await this.#webhooks.start();
  }

  async stop(signal: AbortSignal): Promise<void> {
    await this.#dispatcher.stop(signal);
    await this.#active.close();
    await this.#webhooks.stop();
  }

  async send(target: Target, request: SendRequest, context: CallContext, signal: AbortSignal): Promise<StreamItem> {
    const { task, version } = await this.#intake.accept(target, request, context);
    const { returnImmediately, historyLength } = request.configuration;
    const state = returnImmediately ? await this.#stateOf(task) : await this.#settled(task, version, signal);
    if (state.reply) return { kind: 'message', message: await this.#attachMessage(state.reply) };
    return { kind: 'task', task: await this.#toTask(state, historyLength) };
  }

  async *stream(
    target: Target,
    request: SendRequest,
    context: CallContext,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SequencedItem[]> {
    const { task: id } = await this.#intake.accept(target, request, context);
    const state = await this.#stateOf(id);
    const task = toTask(state, request.configuration.historyLength);
    const snapshot: SequencedItem = { sequence: state.version, item: { kind: 'task', task } };
    if (state.reply) yield [await this.#replyItem(state.reply, state.version)];
    else if (hasEnded(state)) yield [snapshot];
    else yield* this.#followFrom(snapshot, state, signal);
  }

  async get(
    target: Target,
    request: GetTaskRequest,
    context: CallContext,
    signal: AbortSignal = neverAborts,
  ): Promise<Task> {
    const state = await this.#find(target, request.id, context);
    const beyond = context.generation?.beyond;
    const waits = beyond !== undefined && state.version <= beyond && !hasEnded(state);
    return this.#toTask(waits ? await this.#beyond(state, beyond, context, signal) : state, request.historyLength);
  }

  async list(target: Target, request: ListTasksRequest, context: CallContext): Promise<TaskPage> {
    const { principal } = context;
    const owner = principal.kind === 'operator' ? undefined : principal.id;
    const page = await listTaskIds(this.#store, { agentId: target.agentId, owner }, request);
    const isLight = !request.includeArtifacts && (request.historyLength ?? 0) === 0;
    const states = await Promise.all(page.ids.map((id) => this.#active.load(id, isLight)));
    const tasks = states.flatMap((state) => (state ? [toTask(state, request.historyLength ?? 0)] : []));
    const shown = request.includeArtifacts ? tasks : tasks.map((task) => ({ ...task, artifacts: [] }));
    return {
      tasks: await Promise.all(shown.map((task) => this.#blobs.attachTask(task))),
      nextPageToken: page.nextPageToken,
      pageSize: request.pageSize,
      totalSize: page.totalSize,
    };
  }

  async cancel(target: Target, request: TaskIdRequest, context: CallContext): Promise<Task> {
    const state = await this.#find(target, request.id, context);
    const task = this.#active.get(request.id);
    if (isTerminal(state.status.state)) throw notCancelable(state);
    const latest = task ? await this.#cancelHere(task, context) : await this.#cancelElsewhere(state, context);
    if (hasEnded(latest) && latest.status.state !== 'canceled') throw notCancelable(latest);
    return this.#toTask(latest);
  }

  async *subscribe(
    target: Target,
    request: TaskIdRequest,
    context: CallContext,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SequencedItem[]> {
    const state = await this.#find(target, request.id, context);
    if (hasEnded(state) && (after === undefined || after >= state.version)) {
      throw new ParleyError(
        'UNSUPPORTED_OPERATION',
        `Task ${state.id} has ended (${state.status.state}); there is nothing to follow. Get it instead.`,
      );
    }
    if (after !== undefined && after > state.version) requireReached(state.id, after, await this.#reached(state.id));
    const { contextId } = state.submitted;
    let from = after ?? state.version;
    if (after === undefined) {
      const whole = await this.#whole(state);
      from = whole.version;
      yield [{ sequence: from, item: { kind: 'task', task: await this.#toTask(whole) } }];
    }
    const follow = { store: this.#store, blobs: this.#blobs, id: state.id, contextId, after: from, signal };
    for await (const { items } of followTask(follow)) yield items;
  }

  /** The task once it is beyond that generation, or as it is when it has been waited for long enough. */
  async #beyond({ id }: TaskState, beyond: number, context: CallContext, signal: AbortSignal): Promise<TaskState> {
    const { store, clock } = this.#options;
    const leftMs = (context.deadlineAtMs ?? Number.POSITIVE_INFINITY) - clock.now();
    const longestMs = Math.max(0, Math.min(longestGenerationWaitMs, leftMs));
    await awaitGeneration({ store, clock, taskId: id, beyond, longestMs, signal });
    // From the journal: it is what went beyond, and the state in memory follows it a moment later.
    return (await loadTaskState(store, id)) ?? this.#stateOf(id);
  }

  async #cancelHere(task: ActiveTask, { principal }: CallContext): Promise<TaskState> {
    const after = task.recordedVersion + 1;
    cancelTask(task, principal.id, this.#cancellation());
    await task.flush().catch((thrown: unknown) => {
      throw toRefusal(thrown);
    });
    return (await this.#settledWithin((signal) => task.settled(after, signal))) ?? task.state;
  }

  async #cancelElsewhere(state: TaskState, { principal }: CallContext): Promise<TaskState> {
    const elsewhere = this.#elsewhere;
    if (!elsewhere) throw notCancelable(state);
    const asked = await elsewhere.command(state.id, (latest): TaskEvent[] => {
      if (hasEnded(latest)) throw notCancelable(latest);
      return latest.cancelRequested ? [] : [{ type: 'cancel', at: this.#now(), by: principal.id }];
    });
    const wait = (signal: AbortSignal): Promise<TaskState> => elsewhere.settled(asked.id, asked.version, signal);
    return (await this.#settledWithin(wait)) ?? this.#stateOf(asked.id);
  }

  #cancellation(): CancellationOptions {
    return { active: this.#active, dispatcher: this.#dispatcher, clock: this.#options.clock };
  }

  /** The snapshot, then what follows; just the message, when the agent's first word is one. */
  async *#followFrom(
    snapshot: SequencedItem,
    state: TaskState,
    signal: AbortSignal,
  ): AsyncGenerator<readonly SequencedItem[]> {
    const { contextId } = state.submitted;
    const after = snapshot.sequence;
    const batches = followTask({ store: this.#store, blobs: this.#blobs, id: state.id, contextId, after, signal });
    try {
      const first = batches.next();
      const early = await withTimeout(this.#options.clock, first, snapshotDelayMs);
      const batch = early?.value;
      const reply = batch?.events.find((event) => event.type === 'reply');
      if (reply) yield [await this.#replyItem(reply.message, batch?.items.at(-1)?.sequence ?? after)];
      else yield [{ sequence: after, item: await this.#blobs.attachItem(snapshot.item) }, ...(batch?.items ?? [])];
      const late = early ? undefined : (await first).value;
      if (late) yield late.items;
      for await (const { items } of batches) yield items;
    } finally {
      // Whoever leaves at the first items must not stay among the followers; the signal has ended them, or soon will.
      void batches.return(undefined).catch(() => {});
    }
  }

  async #replyItem(reply: Message, sequence: number): Promise<SequencedItem> {
    return { sequence, item: { kind: 'message', message: await this.#attachMessage(reply) } };
  }

  async #settled(id: string, version: number, signal: AbortSignal): Promise<TaskState> {
    const task = this.#active.get(id);
    if (!this.#elsewhere) return task ? this.#whole(await task.settled(version, signal)) : this.#stateOf(id);
    if (!task) return this.#elsewhere.settled(id, version, signal);
    try {
      return await this.#whole(await task.settled(version, signal));
    } catch (thrown) {
      // Another node has the task now, or has just made it from a send with the same key; its journal tells how it goes on.
      if (hasCode(thrown, 'FENCED') || hasCode(thrown, 'VERSION_CONFLICT'))
        return this.#elsewhere.settled(id, version, signal);
      throw thrown;
    }
  }

  /** Undefined when the work has not stopped within the time that a cancel call waits. */
  async #settledWithin(settled: (signal: AbortSignal) => Promise<TaskState>): Promise<TaskState | undefined> {
    const { clock, settings } = this.#options;
    const patience = new AbortController();
    const cancel = clock.schedule(settings.cancelWaitMs, () => patience.abort());
    try {
      return await settled(patience.signal);
    } catch (thrown) {
      if (patience.signal.aborted) return undefined;
      throw thrown;
    } finally {
      cancel();
    }
  }

  /** How far the journal is, whatever is known of it here. */
  async #reached(id: string): Promise<number> {
    return (await loadTaskState(this.#store, id, true))?.version ?? 0;
  }

  /** The state with its contents. */
  async #whole(state: TaskState): Promise<TaskState> {
    return state.isLight ? this.#stateOf(state.id) : state;
  }

  async #toTask(state: TaskState, historyLength?: number): Promise<Task> {
    return this.#blobs.attachTask(toTask(await this.#whole(state), historyLength));
  }

  async #stateOf(id: string): Promise<TaskState> {
    const state = await this.#active.load(id);
    if (!state) throw new ParleyError('TASK_NOT_FOUND', `There is no task ${id}.`);
    return state;
  }

  /** The task, if the caller may see it; what it may not see does not exist for it. */
  async #find(target: Target, id: string, { principal }: CallContext): Promise<TaskState> {
    const state = await this.#active.load(id, true);
    if (state && state.submitted.agentId === target.agentId && mayTouch(principal, state.submitted.owner)) return state;
    // AGENT_NOT_FOUND, for an agent that is not there and has left no such task.
    this.#options.registry.resolve(target.endpointId ?? target.agentId);
    throw new ParleyError('TASK_NOT_FOUND', `There is no task ${id}.`, { details: { taskId: id } });
  }

  async #attachMessage(message: Message): Promise<Message> {
    const parts = await this.#blobs.attach(message.parts);
    return parts === message.parts ? message : { ...message, parts };
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function notCancelable(state: TaskState): ParleyError {
  return new ParleyError('TASK_NOT_CANCELABLE', `Task ${state.id} has already ended (${state.status.state}).`, {
    details: { taskId: state.id },
  });
}
