import { abortable, deferred, ParleyError } from '../base/index.ts';
import { isInterrupted, isTerminal } from '../protocol/index.ts';
import type { Fence, Store } from '../store/index.ts';
import { createTaskDocument, type RetentionSettings } from './documents.ts';
import { type TaskEvent, taskJournal } from './events.ts';
import { applyEvent, createTaskState, hasEnded, lighten, type TaskState } from './fold.ts';

export interface ActiveTaskOptions {
  readonly store: Store;
  readonly retention: RetentionSettings;
  readonly fence?: Fence;
  /** Called once, when the task's last event is journalled. */
  readonly onEnded: (task: ActiveTask) => void;
  /** Called once, when its journal can't be written: what was not committed is lost to it. */
  readonly onFailed: (task: ActiveTask, failure: ParleyError) => void;
}

/** Events that are journalled but not yet committed may hold so many bytes; then the executor waits. */
const maxPendingBytes = 256 * 1024;
/** So much of what a task brings stays in memory until it ends; one that brings more is read from its journal when asked for. */
const maxHeldBytes = 256 * 1024;

interface Waiter {
  readonly afterVersion: number;
  readonly promise: PromiseWithResolvers<TaskState>;
}

/**
 * A task that has not ended, on the node that runs it: the only writer of its journal. Events recorded in one turn of the
 * event loop share one commit; `state` shows only what is committed.
 */
export class ActiveTask {
  readonly id: string;
  readonly #options: ActiveTaskOptions;
  readonly #waiters = new Set<Waiter>();
  #state: TaskState | undefined;
  /** What the state will be once everything recorded is committed. */
  #recordedVersion: number;
  #closing = false;
  #pending: TaskEvent[] = [];
  #pendingTexts: string[] = [];
  /** Of events that are recorded and not yet committed, those under way included. */
  #pendingBytes = 0;
  #heldBytes = 0;
  #scheduled: NodeJS.Immediate | undefined;
  #commits: Promise<void> = Promise.resolve();
  #failure: ParleyError | undefined;

  constructor(id: string, options: ActiveTaskOptions, recovered?: TaskState) {
    this.id = id;
    this.#options = options;
    this.#state = recovered;
    this.#recordedVersion = recovered?.version ?? 0;
  }

  /** As it is committed. */
  get state(): TaskState {
    if (!this.#state) throw new ParleyError('INTERNAL', `Task ${this.id} is not journalled yet.`);
    return this.#state;
  }

  /** True once its first commit is durable. */
  get isJournalled(): boolean {
    return this.#state !== undefined;
  }

  /** Version after all that was recorded so far. */
  get recordedVersion(): number {
    return this.#recordedVersion;
  }

  /** False once an event was recorded behind which nothing may follow. */
  get isOpen(): boolean {
    return !this.#closing && this.#failure === undefined;
  }

  /** Puts events at the end of the journal, to be committed with what else this turn brings. Ignored behind the last one. */
  record(...events: readonly TaskEvent[]): void {
    for (const event of events) {
      if (!this.isOpen) return;
      const text = JSON.stringify(event);
      this.#pending.push(event);
      this.#pendingTexts.push(text);
      this.#pendingBytes += text.length;
      this.#recordedVersion++;
      this.#closing = isLast(event);
    }
    this.#scheduled ??= setImmediate(() => void this.flush().catch(() => {}));
  }

  /** Resolves when there is room for more events. */
  async pressure(): Promise<void> {
    if (this.#pendingBytes >= maxPendingBytes) await this.flush();
  }

  /** Commits what was recorded; resolves when all of it is durable. Throws what the store throws; the task is closed then. */
  flush(): Promise<void> {
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#pending.length > 0) this.#commits = this.#commit(this.#commits);
    return this.#commits;
  }

  /** Resolves when the task has ended, or waits for its caller behind `afterVersion`. Rejects when the signal aborts. */
  async settled(afterVersion: number, signal: AbortSignal): Promise<TaskState> {
    if (this.#failure) throw this.#failure;
    if (this.#state && isSettled(this.#state, afterVersion)) return this.#state;
    const waiter: Waiter = { afterVersion, promise: deferred<TaskState>() };
    this.#waiters.add(waiter);
    try {
      return await abortable(waiter.promise.promise, signal);
    } finally {
      this.#waiters.delete(waiter);
    }
  }

  async #commit(before: Promise<void>): Promise<void> {
    const events = this.#pending;
    const texts = this.#pendingTexts;
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    this.#pending = [];
    this.#pendingTexts = [];
    const next = this.#preview(events);
    try {
      const written = this.#options.store.commit({
        key: this.id,
        append: { kind: taskJournal, expectedVersion: this.#recordedVersion - texts.length, events: texts },
        ...(next && { documents: [createTaskDocument(next, this.#options.retention)] }),
        ...(this.#options.fence && { fence: this.#options.fence }),
      });
      await Promise.all([before, written]);
    } catch (thrown) {
      this.#fail(ParleyError.from(thrown));
      throw thrown;
    } finally {
      this.#pendingBytes -= bytes;
    }
    this.#apply(events, bytes);
  }

  /** The state that the task's document must show after these events; undefined when it need not change. */
  #preview(events: readonly TaskEvent[]): TaskState | undefined {
    const last = events.findLast((event) => changesStatus(event));
    if (!last) return undefined;
    const first = events[0];
    const base = this.#state ?? (first?.type === 'submitted' ? createTaskState(this.id, first) : undefined);
    if (!base) throw new ParleyError('INTERNAL', `The journal of task ${this.id} must begin with its submission.`);
    const preview = { ...base, history: [], artifacts: new Map(), answers: [] };
    if (last.type !== 'submitted') applyEvent(preview, last);
    return preview;
  }

  #apply(events: readonly TaskEvent[], bytes: number): void {
    for (const event of events) {
      if (this.#state) applyEvent(this.#state, event);
      else if (event.type === 'submitted') this.#state = createTaskState(this.id, event);
    }
    this.#heldBytes += bytes;
    if (this.#state && this.#heldBytes > maxHeldBytes) lighten(this.#state);
    this.#wake();
    if (this.#state && hasEnded(this.#state)) this.#options.onEnded(this);
  }

  #wake(): void {
    const state = this.#state;
    if (!state || this.#waiters.size === 0) return;
    for (const waiter of this.#waiters) {
      if (!isSettled(state, waiter.afterVersion)) continue;
      this.#waiters.delete(waiter);
      waiter.promise.resolve(state);
    }
  }

  #fail(failure: ParleyError): void {
    if (this.#failure) return;
    this.#failure = failure;
    for (const waiter of this.#waiters) waiter.promise.reject(failure);
    this.#waiters.clear();
    this.#options.onFailed(this, failure);
  }
}

function isSettled(state: TaskState, afterVersion: number): boolean {
  return hasEnded(state) || (state.version > afterVersion && isInterrupted(state.status.state));
}

function isLast(event: TaskEvent): boolean {
  if (event.type === 'reply') return true;
  return event.type === 'status' && isTerminal(event.state);
}

function changesStatus(event: TaskEvent): boolean {
  return event.type === 'submitted' || event.type === 'dispatched' || event.type === 'status' || event.type === 'reply';
}
