import { deferred } from '../../base/index.ts';
import type { GroupMember, LogRecord, Membership, RecordBatch, TopicPartition } from '../port.ts';
import { PartitionWork } from './partition-work.ts';
import type { RedriveOutcome } from './redrive-outcome.ts';
import { type ResolvedSubscribeOptions, resolveSubscribeOptions, type SubscribeOptions } from './subscribe-options.ts';

/** A member of a group at work. */
export interface Subscription {
  /** No further record is handled; those in work end. The seat in the group stays. */
  pause(): void;
  resume(): void;
  status(): SubscriptionStatus;
  /**
   * Handles a record once more that was handed to `onExhausted` earlier, when no other of its key is in work, with tries as at first; it is
   * not handed to `onExhausted` again. Resolves with what became of it, never rejects.
   */
  redrive(record: LogRecord): Promise<RedriveOutcome>;
  /** Gives the partitions back and leaves, when the handlers that run have ended. */
  close(): Promise<void>;
}

export interface SubscriptionStatus {
  readonly isPaused: boolean;
  readonly partitions: readonly TopicPartition[];
  readonly running: number;
  /** Records taken on and not finished: in work, waiting for their key or for their next attempt. */
  readonly unfinished: number;
}

/**
 * Handles the records of topics as a member of a group, at least once. What it guarantees beyond the log's port: records of one key are
 * handled one after the other, and while one is retried only its key waits; the committed offset is the lowest unfinished one;
 * what is unfinished is bounded for each partition, which pauses at the bound.
 */
export async function subscribe(options: SubscribeOptions): Promise<Subscription> {
  const dispatcher = new Dispatcher(resolveSubscribeOptions(options));
  await dispatcher.start();
  return dispatcher;
}

class Dispatcher implements Subscription {
  readonly #options: ResolvedSubscribeOptions;
  readonly #works = new Map<string, PartitionWork>();
  readonly #places = new Map<string, TopicPartition>();
  readonly #membership = deferred<Membership>();
  #running = 0;
  #isPaused = false;
  #turn = 0;
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedSubscribeOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { log, group, topics, from } = this.#options;
    const member: GroupMember = {
      ...{ group, topics, from },
      onAssigned: (place) => this.#assign(place),
      onRecords: (batch) => this.#take(batch),
      onRevoked: (place, isLost) => this.#revoke(place, isLost),
    };
    try {
      this.#membership.resolve(await log.join(member));
    } catch (thrown) {
      this.#membership.reject(thrown);
      throw thrown;
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#dispatch();
  }

  status(): SubscriptionStatus {
    const unfinished = [...this.#works.values()].reduce((sum, work) => sum + work.unfinished, 0);
    return { isPaused: this.#isPaused, partitions: [...this.#places.values()], running: this.#running, unfinished };
  }

  redrive(record: LogRecord): Promise<RedriveOutcome> {
    return this.#works.get(nameOf(record))?.redrive(record) ?? Promise.resolve({ outcome: 'elsewhere' });
  }

  close(): Promise<void> {
    this.#closed ??= this.#membership.promise.then((membership) => membership.leave());
    return this.#closed;
  }

  #assign(place: TopicPartition): void {
    const work = new PartitionWork({
      ...{ place, options: this.#options },
      membership: () => this.#membership.promise,
      onReady: () => this.#dispatch(),
    });
    this.#works.set(nameOf(place), work);
    this.#places.set(nameOf(place), place);
  }

  async #take(batch: RecordBatch): Promise<void> {
    await this.#works.get(nameOf(batch))?.offer(batch.records);
  }

  async #revoke(place: TopicPartition, isLost: boolean): Promise<void> {
    const name = nameOf(place);
    const work = this.#works.get(name);
    this.#works.delete(name);
    this.#places.delete(name);
    await work?.stop(isLost);
  }

  /** Partitions take turns, so that a full one does not keep the others from being handled. */
  #dispatch(): void {
    const works = [...this.#works.values()];
    let idle = 0;
    while (!this.#isPaused && this.#running < this.#options.concurrency && idle < works.length) {
      const run = works[this.#turn++ % works.length]?.startNext();
      idle = run === undefined ? idle + 1 : 0;
      if (run !== undefined) this.#follow(run);
    }
  }

  #follow(run: Promise<void>): void {
    this.#running++;
    void run.finally(() => {
      this.#running--;
      this.#dispatch();
    });
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
