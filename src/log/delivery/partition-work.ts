import { computeBackoffMs, hasCode, ParleyError } from '../../base/index.ts';
import type { LogRecord, Membership, RecordPlace, TopicPartition } from '../port.ts';
import { type Delivery, PartitionWindow } from './partition-window.ts';
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
    if (isLost) return;
    await this.#committing;
    await this.#commitOnce();
  }

  async #handle(delivery: Delivery): Promise<void> {
    const { record, attempt } = delivery;
    try {
      await this.#options.options.handle(record, { attempt, isRedriven: false, signal: this.#stopped.signal });
    } catch (thrown) {
      // Who lets go of a partition leaves its records to the next owner.
      if (this.#stopped.signal.aborted) return;
      if (!(await this.#handFailureOn(delivery, ParleyError.from(thrown)))) return;
    }
    this.#finish(record.offset);
  }

  /** True when the record is done with. */
  async #handFailureOn({ record, attempt }: Delivery, error: ParleyError): Promise<boolean> {
    const { retry, onExhausted, logger } = this.#options.options;
    if (attempt < retry.attempts && isWorthAnother(error)) {
      this.#retryLater(record.offset, attempt, error.retryAfterMs);
      return false;
    }
    try {
      await onExhausted({ record, error, attempts: attempt });
      return true;
    } catch (thrown) {
      const { topic, partition, offset } = record;
      const reason = ParleyError.from(thrown).message;
      logger.error('A record failed for good and could not be put aside; it is tried again.', {
        ...{ topic, partition, offset, reason },
      });
      this.#retryLater(offset, attempt);
      return false;
    }
  }

  #retryLater(offset: number, attempt: number, retryAfterMs = 0): void {
    const { retry, clock } = this.#options.options;
    const delayMs = Math.max(computeBackoffMs(retry, attempt - 1), retryAfterMs);
    const cancel = clock.schedule(delayMs, () => {
      this.#stopped.signal.removeEventListener('abort', cancel);
      this.#window.retry(offset);
      this.#options.onReady();
    });
    this.#stopped.signal.addEventListener('abort', cancel, { once: true });
  }

  #finish(offset: number): void {
    this.#window.finish(offset);
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
