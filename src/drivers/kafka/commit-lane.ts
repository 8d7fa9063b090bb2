import { deferred, ParleyError } from '../../base/index.ts';
import { fromKafkaError } from './kafka-error.ts';
import type { Consumer } from './library.ts';
import type { KafkaPlace } from './port.ts';

interface Pending {
  readonly place: KafkaPlace;
  readonly done: PromiseWithResolvers<void>;
}

/** Sends commits one after the other: what comes while one is under way goes together with the next. */
export class CommitLane {
  readonly #consumer: Consumer;
  readonly #target: string;
  #pending = new Map<string, Pending>();
  #flushing: Promise<void> | undefined;
  #isHeld = false;

  constructor(consumer: Consumer, target: string) {
    this.#consumer = consumer;
    this.#target = target;
  }

  /** The latest commit of a partition counts; those before it are done with it. */
  commit(place: KafkaPlace): Promise<void> {
    const key = `${place.topic}:${place.partition}`;
    const done = this.#pending.get(key)?.done ?? deferred<void>();
    this.#pending.set(key, { place, done });
    this.#flush();
    return done.promise;
  }

  /** Sends nothing from now on; resolves when nothing is under way. Brokers refuse commits while a group shares out anew. */
  async hold(): Promise<void> {
    this.#isHeld = true;
    await this.#flushing;
  }

  release(): void {
    this.#isHeld = false;
    this.#flush();
  }

  /** Resolves when all is sent that was given before. */
  async settled(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing;
  }

  /** Nothing of these partitions may be committed any more. */
  refuse(place: Omit<KafkaPlace, 'offset'>): void {
    const key = `${place.topic}:${place.partition}`;
    this.#pending.get(key)?.done.reject(notOurs(place));
    this.#pending.delete(key);
  }

  #flush(): void {
    if (this.#isHeld || this.#flushing !== undefined || this.#pending.size === 0) return;
    const sent = this.#pending;
    this.#pending = new Map();
    this.#flushing = this.#send([...sent.values()]).finally(() => {
      this.#flushing = undefined;
      this.#flush();
    });
  }

  async #send(pending: readonly Pending[]): Promise<void> {
    const offsets = pending.map(({ place: { topic, partition, offset } }) => {
      return { topic, partition, offset: BigInt(offset), leaderEpoch: -1 };
    });
    try {
      await this.#consumer.commit({ offsets });
      for (const { done } of pending) done.resolve();
    } catch (thrown) {
      const error = fromKafkaError(thrown, this.#target);
      for (const { done } of pending) done.reject(error);
    }
  }
}

/** The error of whoever commits what belongs to another member now. */
export function notOurs({ topic, partition }: Omit<KafkaPlace, 'offset'>): ParleyError {
  const message = `Partition ${partition} of topic ${topic} belongs to another member of the group now; it goes on there.`;
  return new ParleyError('FENCED', message, { details: { topic, partition } });
}
