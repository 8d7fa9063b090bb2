import { type Clock, type Logger, ParleyError, type Telemetry, TransientMap } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { ActiveTask, type SharedJournal } from './active-task.ts';
import type { TaskBlobs } from './blobs.ts';
import { stopWork } from './cancellation.ts';
import { deadCode, keptMs } from './dead-letters/letter-changes.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { TaskEvent } from './events.ts';
import { hasEnded, type TaskState } from './fold.ts';
import { loadTaskState } from './reader.ts';
import { findOpenTasks, type RecoveryAction, recoveryAction } from './recovery.ts';
import type { RetentionSettings } from './retention.ts';
import { outcomeUnknown } from './run.ts';
import { fenceOf, type NodeSeat } from './seat.ts';

export interface ActiveTasksOptions {
  readonly store: Store;
  readonly blobs: TaskBlobs;
  readonly dispatcher: Dispatcher;
  readonly retention: RetentionSettings;
  /** Undefined: the node is alone. */
  readonly seat?: NodeSeat | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

const recoveryRetryMs = 5_000;
const sweepIntervalMs = 3_600_000;
/** A blob is put before the commit that refers to it: so long it is nobody's, and stays. */
const blobGraceMs = 24 * 3_600_000;

/** The tasks of this node that have not ended, and how those that lost their node or their journal come back. */
export class ActiveTasks {
  readonly #options: ActiveTasksOptions;
  readonly #tasks = new TransientMap<string, ActiveTask>();
  /** Tasks whose recovery is due. */
  readonly #recovering = new Set<string>();
  #closed = false;

  constructor(options: ActiveTasksOptions) {
    this.#options = options;
  }

  get(id: string): ActiveTask | undefined {
    return this.#tasks.get(id);
  }

  /** Of all tasks that are here. */
  ids(): readonly string[] {
    return [...this.#tasks.keys()];
  }

  /** The tasks that an invocation has begun in other agents. */
  startedBy(invocationId: string): readonly ActiveTask[] {
    return [...this.#tasks.values()].filter(
      (task) => task.isOpen && task.isJournalled && task.state.submitted.startedBy === invocationId,
    );
  }

  /** A task that this node writes from now on. */
  add(id: string, recovered?: TaskState): ActiveTask {
    const { store, retention, seat } = this.#options;
    const shared: SharedJournal | undefined = seat && {
      fence: fenceOf(seat.life()),
      onCommands: (task, events) => this.#obey(task, events),
    };
    const onEnded = (task: ActiveTask): void => this.#onEnded(task);
    const onFailed = (task: ActiveTask, failure: ParleyError): void => this.#onFailed(task, failure);
    const task = new ActiveTask(id, { store, retention, shared, onEnded, onFailed }, recovered);
    this.#tasks.set(id, task);
    return task;
  }

  /** The state as it is committed, wherever the task is; undefined when there is no such task. `light`: contents may be missing. */
  async load(id: string, light: boolean = false): Promise<TaskState | undefined> {
    const task = this.#tasks.get(id);
    if (task?.isJournalled && (light || !task.state.isLight)) return task.state;
    return loadTaskState(this.#options.store, id, light);
  }

  /** Takes up every task of this node that has not ended. */
  async recoverAll(): Promise<void> {
    const { store, seat } = this.#options;
    for await (const id of findOpenTasks(store, seat?.id ?? '')) await this.#recover(id);
    this.#sweepLater();
  }

  /** Takes over every open task of a node that is gone. Resolves when each is this node's; throws when one could not be had. */
  async takeOver(nodeId: string): Promise<number> {
    let count = 0;
    for await (const id of findOpenTasks(this.#options.store, nodeId)) {
      if (await this.#recover(id, nodeId)) count++;
    }
    return count;
  }

  /** Takes in what other nodes have told this one to do with a task; nothing when it is not here. */
  async attend(id: string): Promise<void> {
    const task = this.#tasks.get(id);
    if (task?.isOpen) await task.catchUp();
  }

  /** The node has lost its lease: whatever is not committed is lost, and what goes on is decided from the journals. */
  abandonAll(failure: ParleyError): void {
    for (const task of [...this.#tasks.values()]) task.abandon(failure);
  }

  /** Commits what is recorded and takes up nothing more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#tasks.values()].map((task) => task.flush()));
  }

  #onEnded(task: ActiveTask): void {
    this.#remove(task);
    const { blobs, retention, telemetry, logger } = this.#options;
    const { state } = task;
    telemetry.count('parley_tasks_total', { agent: state.submitted.agentId, state: state.status.state });
    const code = deadCode(state, retention);
    if (code !== undefined) telemetry.count('parley_dead_letters_total', { agent: state.submitted.agentId, code });
    blobs.keep(state, state.statusAtMs + keptMs(state, retention)).catch((thrown: unknown) => {
      logger.warn('blobs of a finished task may go early', {
        taskId: task.id,
        error: ParleyError.from(thrown).message,
      });
    });
  }

  /** What the journal could not take is decided again from the journal, as after a crash, once the store works again. */
  #onFailed(task: ActiveTask, failure: ParleyError): void {
    this.#remove(task);
    // Another node has just made it, from a send with the same key.
    if (this.#options.seat && !task.isJournalled && failure.code === 'VERSION_CONFLICT') return;
    this.#options.dispatcher.runOf(task.id)?.abandon();
    this.#options.logger.error('a task could not be journalled', {
      taskId: task.id,
      code: failure.code,
      error: failure.message,
    });
    this.#recoverLater(task.id);
  }

  #remove(task: ActiveTask): void {
    if (this.#tasks.get(task.id) === task) this.#tasks.delete(task.id);
  }

  #sweepLater(): void {
    const { clock, blobs, logger, retention } = this.#options;
    clock.schedule(sweepIntervalMs, () => {
      if (this.#closed) return;
      this.#openStates()
        .then((open) => blobs.sweep(clock.now() - retention.finishedTaskMs - blobGraceMs, open))
        .catch((thrown: unknown) =>
          logger.warn('blobs could not be swept', { error: ParleyError.from(thrown).message }),
        )
        .finally(() => this.#sweepLater());
    });
  }

  /** Of this node, or, where several share the blobs, of all of them. */
  async #openStates(): Promise<readonly TaskState[]> {
    const { store, seat } = this.#options;
    const own = [...this.#tasks.values()].filter((task) => task.isJournalled).map((task) => task.state);
    const others = (await seat?.nodeIds())?.filter((nodeId) => nodeId !== seat?.id) ?? [];
    for (const nodeId of others) {
      for await (const id of findOpenTasks(store, nodeId)) {
        const state = await loadTaskState(store, id, true);
        if (state) own.push(state);
      }
    }
    return own;
  }

  /** Commands of other nodes: they are journalled, and now they are obeyed. */
  #obey(task: ActiveTask, events: readonly TaskEvent[]): void {
    const { dispatcher, clock } = this.#options;
    for (const event of events) {
      if (event.type === 'message') dispatcher.runOf(task.id)?.answer(event.message);
      if (event.type === 'cancel') stopWork(task, event.by, { active: this, dispatcher, clock });
    }
  }

  /** One attempt at a time for each task, however many reasons there are for it, and none while its last run still ends. */
  #recoverLater(id: string): void {
    if (this.#recovering.has(id)) return;
    this.#recovering.add(id);
    this.#options.clock.schedule(recoveryRetryMs, () => {
      this.#recovering.delete(id);
      if (this.#closed) return;
      if (this.#options.dispatcher.runOf(id)) this.#recoverLater(id);
      else this.#recover(id).catch(() => this.#recoverLater(id));
    });
  }

  /** True when this node has the task now, by way of `from`, which had it. */
  async #recover(id: string, from: string | undefined = this.#options.seat?.id): Promise<boolean> {
    if (this.#tasks.has(id)) return true;
    const { seat, clock } = this.#options;
    const state = await loadTaskState(this.#options.store, id, true);
    if (!state || hasEnded(state) || state.node?.id !== from || this.#tasks.has(id)) return false;
    const task = this.add(id, state);
    if (seat && from !== seat.id) {
      task.record({ type: 'taken', at: clock.now(), node: seat.life() });
      await task.flush();
    }
    const action = recoveryAction(task.state);
    if (action !== 'none') this.#takeUp(task, action);
    return true;
  }

  #takeUp(task: ActiveTask, action: Exclude<RecoveryAction, 'none'>): void {
    const { dispatcher, clock } = this.#options;
    switch (action) {
      case 'dispatch':
        dispatcher.enqueueRecovered(task);
        break;
      case 'cancel':
        task.record({ type: 'status', at: clock.now(), state: 'canceled' });
        break;
      case 'unknown':
        dispatcher.fail(task, outcomeUnknown(new Error('The node was stopped meanwhile.')));
        break;
    }
    // What fails here comes back by way of `#onFailed`.
    task.flush().catch(() => {});
  }
}
