import { type Clock, type Logger, ParleyError } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { negotiationTimer } from './negotiation-journal.ts';

export interface WakesOptions {
  readonly store: Pick<Store, 'dueTimers'>;
  /** Looks at the negotiation, as the store has it now when `isFresh`; a timer that it leaves stays due. */
  readonly wake: (taskId: string, isFresh: boolean) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The store is asked so often for what other nodes, or an earlier run, have left. */
const sweepMs = 1_000;
const pageSize = 500;
/** So many negotiations have a timer in memory; others are found by the sweep. */
const maxLocal = 100_000;

/**
 * Looks at negotiations when their time has come. The store's timers are what counts, and survive this node; those that it set itself are in
 * memory, too, so that they are not late.
 */
export class Wakes {
  readonly #options: WakesOptions;
  readonly #local = new Map<string, { readonly atMs: number; readonly cancel: () => void }>();
  readonly #waking = new Map<string, Promise<void>>();
  #cancelSweep = (): void => {};
  #sweeping: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: WakesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#scheduleSweep(0);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelSweep();
    for (const { cancel } of this.#local.values()) cancel();
    this.#local.clear();
    await this.#sweeping;
    await Promise.all(this.#waking.values());
  }

  /** Something that concerns many has changed: all that this node has set a time for are looked at now. */
  wakeAll(): void {
    for (const taskId of [...this.#local.keys()]) void this.#wake(taskId, false);
  }

  /** The negotiation is looked at then, and not before; null: never. */
  set(taskId: string, atMs: number | null): void {
    const known = this.#local.get(taskId);
    if (known?.atMs === atMs) return;
    known?.cancel();
    this.#local.delete(taskId);
    if (atMs === null || this.#isStopped || this.#local.size >= maxLocal) return;
    const delayMs = Math.max(0, atMs - this.#options.clock.now());
    const cancel = this.#options.clock.schedule(delayMs, () => {
      this.#local.delete(taskId);
      void this.#wake(taskId, true);
    });
    this.#local.set(taskId, { atMs, cancel });
  }

  #scheduleSweep(delayMs: number): void {
    this.#cancelSweep = this.#options.clock.schedule(delayMs, () => {
      this.#sweeping = this.#sweep().finally(() => {
        if (!this.#isStopped) this.#scheduleSweep(sweepMs);
      });
    });
  }

  async #sweep(): Promise<void> {
    const { store, clock, logger } = this.#options;
    try {
      const due = await store.dueTimers(clock.now(), pageSize);
      const ours = due.filter(({ name }) => name === negotiationTimer);
      await Promise.all(ours.map(({ key }) => this.#wake(key, true)));
    } catch (thrown) {
      logger.debug('the timers of negotiations could not be read', { error: ParleyError.from(thrown).message });
    }
  }

  /** Once at a time; never rejects. */
  #wake(taskId: string, isFresh: boolean): Promise<void> {
    const running = this.#waking.get(taskId);
    if (running !== undefined) return running;
    const { wake, logger } = this.#options;
    const run = wake(taskId, isFresh)
      .catch((thrown: unknown) => {
        logger.warn('a negotiation could not be looked at; it is tried again', {
          ...{ taskId, error: ParleyError.from(thrown).message },
        });
      })
      .finally(() => this.#waking.delete(taskId));
    this.#waking.set(taskId, run);
    return run;
  }
}
