import { computeBackoffMs, hasCode, ParleyError } from '../../base/index.ts';
import type { LogRecord, Membership, RecordPlace, TopicPartition } from '../port.ts';
import { type Delivery, PartitionWindow } from './partition-window.ts';
import type { RedriveOutcome } from './redrive-outcome.ts';
import type { ResolvedSubscribeOptions } from './subscribe-options.ts';

export interface PartitionWorkOptions {
  readonly place: TopicPartition;
  readonly options: ResolvedSubscribeOptions;
  readonly membership: () => Promise<Membership>;
  /** Called whenever a record may be handled that could not before. */
  readonly onReady: () => void;
}

/** The work on one partition that belongs to us: runs handlers and their retries, and commits the lowest unfinished offset. */
export class PartitionWork {
  readonly #options: PartitionWorkOptions;
  readonly #window: PartitionWindow;
  readonly #stopped = new AbortController();
  readonly #running = new Set<Promise<void>>();
  /** By offset, who waits for what becomes of a record that comes again. */
  readonly #redriving = new Map<number, (outcome: RedriveOutcome) => void>();
  #room: (() => void)[] = [];
  #committed: number | undefined;
  #committing: Promise<void> | undefined;

  constructor(options: PartitionWorkOptions) {
    this.#options = options;
    this.#window = new PartitionWindow(options.options.window);
  }

  get unfinished(): number {
    return this.#window.size;
  }

  /** Takes the records on; resolves when there is room for more. */
  async offer(records: readonly LogRecord[]): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#window.offer(records);
    this.#options.onReady();
    await this.#untilRoom();
  }

  /** Handles a record that was put aside, when its key is free. Never rejects. */
  redrive(record: LogRecord): Promise<RedriveOutcome> {
    if (this.#stopped.signal.aborted || !this.#window.redrive(record)) return Promise.resolve({ outcome: 'elsewhere' });
    return new Promise((resolve) => {
      this.#redriving.set(record.offset, resolve);
      this.#options.onReady();
    });
  }

  /** Starts the next record that may be handled; undefined when there is none. Never rejects. */
  startNext(): Promise<void> | undefined {
    const delivery = this.#stopped.signal.aborted ? undefined : this.#window.take();
    if (delivery === undefined) return undefined;
    const run = this.#handle(delivery).finally(() => this.#running.delete(run));
    this.#running.add(run);
    return run;
  }

  /** Nothing new is begun; resolves when what runs has ended and, unless the partition is lost, what is finished is committed. */
  async stop(isLost: boolean): Promise<void> {
    this.#stopped.abort(new ParleyError('CANCELED', 'The partition goes to another member of the group.'));
    this.#freeRoom();
    await Promise.all(this.#running);
    for (const settle of this.#redriving.values()) settle({ outcome: 'elsewhere' });
    if (isLost) return;
    await this.#committing;
    await this.#commitOnce();
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { record, ...context } = delivery;
    try {
      await this.#options.options.handle(record, { ...context, signal: this.#stopped.signal });
    } catch (thrown) {
      // Who lets go of a partition leaves its records to the next owner.
      if (!this.#stopped.signal.aborted) await this.#handFailureOn(delivery, ParleyError.from(thrown));
      return;
    }
    this.#settle(delivery, { outcome: 'handled' });
  }

  async #handFailureOn(delivery: Delivery, error: ParleyError): Promise<void> {
    const { record, attempt: attempts, isRedriven } = delivery;
    const { retry, onExhausted, logger } = this.#options.options;
    if (attempts < retry.attempts && isWorthAnother(error)) return this.#retryLater(delivery, error.retryAfterMs);
    try {
      // Whoever had it redriven keeps it.
      if (!isRedriven) await onExhausted({ record, error, attempts });
      this.#settle(delivery, { outcome: 'failed', error, attempts });
    } catch (thrown) {
      const { topic, partition, offset } = record;
      const reason = ParleyError.from(thrown).message;
      logger.error('A record failed for good and could not be put aside; it is tried again.', {
        ...{ topic, partition, offset, reason },
      });
      this.#retryLater(delivery);
    }
  }

  #retryLater(delivery: Delivery, retryAfterMs = 0): void {
    const { retry, clock } = this.#options.options;
    const delayMs = Math.max(computeBackoffMs(retry, delivery.attempt - 1), retryAfterMs);
    const cancel = clock.schedule(delayMs, () => {
      this.#stopped.signal.removeEventListener('abort', cancel);
      this.#window.retry(delivery);
      this.#options.onReady();
    });
    this.#stopped.signal.addEventListener('abort', cancel, { once: true });
  }

  #settle(delivery: Delivery, outcome: RedriveOutcome): void {
    this.#window.finish(delivery);
    if (delivery.isRedriven) {
      this.#redriving.get(delivery.record.offset)?.(outcome);
      this.#redriving.delete(delivery.record.offset);
    }
    if (!this.#window.isFull) this.#freeRoom();
    this.#options.onReady();
    this.#commitSoon();
  }

  #untilRoom(): Promise<void> {
    if (!this.#window.isFull || this.#stopped.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#room.push(resolve));
  }

  #freeRoom(): void {
    const waiting = this.#room;
    this.#room = [];
    for (const resolve of waiting) resolve();
  }

  /** One commit at a time; what is finished meanwhile goes with the next. */
  #commitSoon(): void {
    if (this.#committing !== undefined || this.#window.position === this.#committed) return;
    this.#committing = this.#commitOnce().finally(() => {
      this.#committing = undefined;
      if (!this.#stopped.signal.aborted) this.#commitSoon();
    });
  }

  async #commitOnce(): Promise<void> {
    const offset = this.#window.position;
    if (offset === undefined || offset === this.#committed) return;
    const { logger } = this.#options.options;
    const place: RecordPlace = { ...this.#options.place, offset };
    try {
      const membership = await this.#options.membership();
      await membership.commit(place);
      this.#committed = offset;
    } catch (thrown) {
      const { code, message } = ParleyError.from(thrown);
      if (!hasCode(thrown, 'FENCED')) logger.warn('A position could not be committed.', { ...place, code, message });
      await this.#pauseAfterFailure();
    }
  }

  #pauseAfterFailure(): Promise<void> {
    const { clock, retry } = this.#options.options;
    if (this.#stopped.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = clock.schedule(retry.baseMs, resolve);
      const stop = (): void => {
        cancel();
        resolve();
      };
      this.#stopped.signal.addEventListener('abort', stop, { once: true });
    });
  }
}

/** INTERNAL is what an unknown throw becomes: it may be a passing trouble. */
function isWorthAnother(error: ParleyError): boolean {
  return error.entry.retryable || error.code === 'INTERNAL';
}
