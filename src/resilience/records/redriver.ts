import { type Clock, deferred, type Logger, ParleyError, sleep } from '../../base/index.ts';
import type { Subscription } from '../../log/index.ts';
import type { RecordLetter } from '../letter.ts';
import type { RecordLetters } from './record-letters.ts';

export interface RedriverOptions {
  readonly group: string;
  readonly letters: RecordLetters;
  readonly subscription: Pick<Subscription, 'redrive' | 'status'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Records under way at once, waiting for their key included. */
const maxUnderWay = 100;
/** An operator may have asked another node. */
const pollMs = 1_000;
/** A node that dies between a wish and its announcement is made up for. */
const lookAnywayMs = 30_000;

/**
 * Brings what operators want redriven to the group's member at hand, as far as it has the partitions. What is asked for is in the
 * store until it was handled or has failed again, so that it outlives this node.
 */
export class Redriver {
  readonly #options: RedriverOptions;
  readonly #stopped = new AbortController();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #ended = deferred<void>();
  #wake = new AbortController();
  /** What was known when all was looked through last. */
  #seen = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #running: Promise<void> = Promise.resolve();

  constructor(options: RedriverOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There is something to redrive. */
  nudge(): void {
    this.#wake.abort();
  }

  /** Begins nothing more. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#ended.resolve();
    await this.#running;
  }

  /** Resolves when what is under way is settled; for when the subscription has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      try {
        await this.#look();
      } catch (thrown) {
        const { code, message } = ParleyError.from(thrown);
        this.#options.logger.warn('What is to be redriven could not be read.', { code, reason: message });
      }
      await sleep(this.#options.clock, pollMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => {});
    }
  }

  /** All is looked through only when there is a new wish, or the member has other partitions than before. */
  async #look(): Promise<void> {
    const { letters, group, subscription, clock } = this.#options;
    const wish = await letters.lastWish(group);
    const seen = JSON.stringify([wish, subscription.status().partitions]);
    if (seen === this.#seen && clock.now() - this.#lookedAtMs < lookAnywayMs) return;
    await this.#bringAll();
    // What is under way may fail, and be wished for again, before it is off the list.
    this.#seen = this.#underWay.size === 0 ? seen : '';
    this.#lookedAtMs = clock.now();
  }

  async #bringAll(): Promise<void> {
    const { letters, group } = this.#options;
    let cursor: string | undefined;
    do {
      const page = await letters.redriving(group, cursor);
      for (const letter of page.letters) {
        if (this.#stopped.signal.aborted) return;
        if (this.#isOurs(letter)) await this.#bring(letter);
      }
      ({ cursor } = page);
    } while (cursor !== undefined);
  }

  #isOurs({ id, topic, partition }: RecordLetter): boolean {
    if (this.#underWay.has(id)) return false;
    const { partitions } = this.#options.subscription.status();
    return partitions.some((place) => place.topic === topic && place.partition === partition);
  }

  async #bring(letter: RecordLetter): Promise<void> {
    const settled = this.#handle(letter).finally(() => this.#underWay.delete(letter.id));
    this.#underWay.set(letter.id, settled);
    if (this.#underWay.size >= maxUnderWay) await Promise.race([...this.#underWay.values(), this.#ended.promise]);
  }

  async #handle(letter: RecordLetter): Promise<void> {
    const { letters, logger, subscription } = this.#options;
    try {
      const end = await subscription.redrive(await letters.recordOf(letter));
      if (end.outcome === 'handled') await letters.remove(letter);
      if (end.outcome === 'failed') await letters.failAgain(letter, end);
    } catch (thrown) {
      // The letter still says that it is to be redriven: so it is, once more.
      logger.warn('What became of a record could not be written.', {
        ...{ id: letter.id, reason: ParleyError.from(thrown).message },
      });
    }
  }
}
