import { type Clock, computeBackoffMs, hasCode, type Logger, ParleyError, sleep } from '../../base/index.ts';
import type { RedisBlocking, RedisClient } from '../../drivers/redis/index.ts';
import { mendText } from './mend-text.ts';

export interface HoldingQueueOptions {
  readonly redis: RedisClient;
  /** The list that messages are taken from, the oldest first. */
  readonly queue: string;
  /** The list that they lie in until they are dealt with. */
  readonly holding: string;
  /** So many are dealt with at once; more stay in the queue. */
  readonly concurrency: number;
  /**
   * Deals with a message, and takes it out of the holding list by itself, in the same step as what comes of it. A passing
   * error (retryable) has it called again, after a pause.
   */
  readonly handle: (held: HeldMessage, signal: AbortSignal) => Promise<void>;
  /** Takes a message out of the holding list that could not be dealt with. */
  readonly refuse: (raw: string, problem: ParleyError) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface HeldMessage {
  readonly raw: string;
  /** When it was taken; after a restart: when it was found again. */
  readonly takenAtMs: number;
}

const backoff = { baseMs: 100, multiplier: 2, maxMs: 2_000 };
const blockSeconds = 5;

/**
 * Takes messages from a list, at least once each: a message moves to a holding list in one step, and is found there again
 * after a crash or a break of the connection. One message that cannot be dealt with holds up no other, and nothing ends the loop.
 */
export class HoldingQueue {
  readonly #options: HoldingQueueOptions;
  readonly #stopped = new AbortController();
  readonly #working = new Set<Promise<void>>();
  /** How often each text is being dealt with: two equal messages are two. */
  readonly #held = new Map<string, number>();
  #blocking: RedisBlocking | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: HoldingQueueOptions) {
    this.#options = options;
  }

  start(): void {
    this.#blocking = this.#options.redis.openBlocking();
    this.#loop = this.#run(this.#stopped.signal, this.#blocking);
  }

  /** Takes no more, and waits until what it has taken is dealt with or the signal aborts; the rest stays held. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopped.abort(new ParleyError('CANCELED', 'The bridge takes no more messages from this queue.'));
    await this.#loop;
    this.#blocking?.close();
    const done = Promise.all(this.#working);
    await Promise.race([done, new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))]);
  }

  async #run(signal: AbortSignal, blocking: RedisBlocking): Promise<void> {
    let failures = 0;
    let isSure = false;
    while (!signal.aborted) {
      try {
        if (!isSure) await this.#takeUp(signal);
        isSure = false;
        await this.#takeNext(signal, blocking);
        isSure = true;
        failures = 0;
      } catch (thrown) {
        if (!signal.aborted) await this.#pause(thrown, failures++);
      }
    }
  }

  async #takeNext(signal: AbortSignal, blocking: RedisBlocking): Promise<void> {
    const { queue, holding, concurrency } = this.#options;
    while (this.#working.size >= concurrency) await Promise.race([...this.#working]);
    const raw = await blocking.run(signal, 'BLMOVE', queue, holding, 'RIGHT', 'LEFT', blockSeconds);
    if (typeof raw === 'string') this.#begin(raw);
  }

  /** What is held and nobody works on: left by a crash, or moved by a call whose answer was lost. */
  async #takeUp(signal: AbortSignal): Promise<void> {
    const { redis, holding, concurrency } = this.#options;
    const known = new Map(this.#held);
    const raws = (await redis.command('LRANGE', holding, 0, -1)) as readonly string[];
    for (const raw of raws.toReversed()) {
      const count = known.get(raw) ?? 0;
      known.set(raw, count - 1);
      if (count > 0) continue;
      while (this.#working.size >= concurrency) await Promise.race([...this.#working]);
      if (signal.aborted) return;
      this.#begin(raw);
    }
  }

  #begin(raw: string): void {
    this.#held.set(raw, (this.#held.get(raw) ?? 0) + 1);
    const work = this.#deal({ raw, takenAtMs: this.#options.clock.now() }).finally(() => {
      this.#working.delete(work);
      const left = (this.#held.get(raw) ?? 1) - 1;
      if (left > 0) this.#held.set(raw, left);
      else this.#held.delete(raw);
    });
    this.#working.add(work);
  }

  async #deal(held: HeldMessage): Promise<void> {
    const { signal } = this.#stopped;
    for (let failures = 0; ; failures++) {
      try {
        await mendText(this.#options.redis, this.#options.holding, held.raw);
        await this.#options.handle(held, signal);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        if (await this.#refused(held.raw, ParleyError.from(thrown))) return;
        await this.#pause(thrown, failures);
        if (signal.aborted) return;
      }
    }
  }

  /** True when the message is out of the way. */
  async #refused(raw: string, problem: ParleyError): Promise<boolean> {
    if (problem.entry.retryable) return false;
    try {
      await this.#options.refuse(raw, problem);
      return true;
    } catch (thrown) {
      this.#options.logger.warn('a message could not be put aside', { error: ParleyError.from(thrown).message });
      return false;
    }
  }

  async #pause(thrown: unknown, failures: number): Promise<void> {
    const { clock, logger, queue } = this.#options;
    if (failures === 0 && !hasCode(thrown, 'QUEUE_FULL')) {
      logger.warn('a queue in Redis waits', { queue, error: ParleyError.from(thrown).message });
    }
    await sleep(clock, computeBackoffMs(backoff, failures), this.#stopped.signal).catch(() => {});
  }
}
