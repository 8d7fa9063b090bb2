import { abortable, deferred, hasCode, ParleyError } from '../base/index.ts';
import { isTerminal } from '../protocol/index.ts';
import type { Fence, Store } from '../store/index.ts';
import { letterChanges } from './dead-letters/letter-changes.ts';
import { createTaskDocument } from './documents.ts';
import { type TaskEvent, taskJournal } from './events.ts';
import { applyEvent, createTaskState, hasEnded, isSettled, lighten, type TaskState } from './fold.ts';
import { previewState } from './preview.ts';
import type { RetentionSettings } from './retention.ts';

export interface ActiveTaskOptions {
  readonly store: Store;
  readonly retention: RetentionSettings;
  /** Set when other nodes use the store, too. */
  readonly shared?: SharedJournal | undefined;
  /** Called once, when the task's last event is journalled. */
  readonly onEnded: (task: ActiveTask) => void;
  /** Called once, when its journal can't be written: what was not committed is lost to it. */
  readonly onFailed: (task: ActiveTask, failure: ParleyError) => void;
}

/** A journal in which other nodes put commands between the events of the one that owns it. */
export interface SharedJournal {
  /** Refuses what is written once the node's lease is lost. */
  readonly fence: Fence;
  /** Called with what other nodes have written, once it counts. */
  readonly onCommands: (task: ActiveTask, events: readonly TaskEvent[]) => void;
}

interface Batch {
  readonly events: readonly TaskEvent[];
  readonly texts: readonly string[];
  readonly bytes: number;
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
 * A task that has not ended, on the node that runs it. Nobody else writes its journal, but for commands of other nodes when
 * it is shared: those are taken in before what is recorded here goes behind them. Events recorded in one turn of the event loop
 * share one commit; `state` shows only what is committed.
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
    if (this.#pending.length > 0) {
      const before = this.#commits;
      this.#commits = this.#options.shared ? before.then(() => this.#commitShared()) : this.#commit(before);
    }
    return this.#commits;
  }

  /** Takes in what other nodes have written; resolves when it counts. */
  catchUp(): Promise<void> {
    const before = this.#commits;
    const read = before.then(async () => {
      await this.#readCommands();
    });
    this.#commits = read.catch(() => before);
    return read;
  }

  /** The journal is another's from now on: what was not committed is lost to it. */
  abandon(failure: ParleyError): void {
    this.#fail(failure);
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
    const batch = this.#takePending();
    try {
      await Promise.all([before, this.#write(batch, this.#recordedVersion - batch.texts.length)]);
    } catch (thrown) {
      this.#fail(ParleyError.from(thrown));
      throw thrown;
    } finally {
      this.#pendingBytes -= batch.bytes;
    }
    this.#apply(batch);
  }

  /** One commit at a time: behind a command of another node, the next one has another place in the journal. */
  async #commitShared(): Promise<void> {
    if (this.#pending.length === 0) return;
    const batch = this.#takePending();
    try {
      await this.#writeBehindCommands(batch);
    } catch (thrown) {
      this.#fail(ParleyError.from(thrown));
      throw thrown;
    } finally {
      this.#pendingBytes -= batch.bytes;
    }
    this.#apply(batch);
  }

  async #writeBehindCommands(batch: Batch): Promise<void> {
    if (this.#failure) throw this.#failure;
    try {
      await this.#write(batch, this.#state?.version ?? 0);
    } catch (thrown) {
      const behind = this.#state && hasCode(thrown, 'VERSION_CONFLICT') ? await this.#readCommands() : 0;
      if (behind === 0) throw thrown;
      await this.#writeBehindCommands(batch);
    }
  }

  #takePending(): Batch {
    const events = this.#pending;
    const texts = this.#pendingTexts;
    this.#pending = [];
    this.#pendingTexts = [];
    return { events, texts, bytes: texts.reduce((sum, text) => sum + text.length, 0) };
  }

  #write({ events, texts }: Batch, expectedVersion: number): Promise<void> {
    const next = previewState(this.id, this.#state, events);
    const { retention, shared } = this.#options;
    const fence = shared?.fence;
    return this.#options.store.commit({
      key: this.id,
      append: { kind: taskJournal, expectedVersion, events: texts },
      ...(next && { documents: [createTaskDocument(next, retention), ...letterChanges(next, retention)] }),
      ...(fence && { fence }),
    });
  }

  /** How many events other nodes have written behind what is known here. */
  async #readCommands(): Promise<number> {
    const { state } = this;
    const page = await this.#options.store.read(taskJournal, this.id, state.version);
    const events = page.map(({ event }) => JSON.parse(event) as TaskEvent);
    if (events.length === 0 || this.#failure) return 0;
    if (events.some(({ type }) => type === 'taken')) throw this.#lose();
    for (const event of events) applyEvent(state, event);
    this.#recordedVersion += events.length;
    this.#heldBytes += page.reduce((sum, { event }) => sum + event.length, 0);
    this.#wake();
    this.#options.shared?.onCommands(this, events);
    return events.length;
  }

  #lose(): ParleyError {
    const failure = new ParleyError('FENCED', `Task ${this.id} is another node's now.`, {
      details: { taskId: this.id },
    });
    this.#fail(failure);
    return failure;
  }

  #apply({ events, bytes }: Batch): void {
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

function isLast(event: TaskEvent): boolean {
  if (event.type === 'reply') return true;
  return event.type === 'status' && isTerminal(event.state);
}
