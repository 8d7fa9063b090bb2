import { abortable, type Clock, sleep } from '../../base/index.ts';
import type { LogSight } from '../decide/log-sight.ts';

export interface LogWatchOptions {
  /** Rejects while the log is away; may hang for a while. */
  readonly check: () => Promise<void>;
  /** The log is there again, or for the first time. */
  readonly onBack: () => void;
  readonly clock: Clock;
}

/** Who has answered within this time is not asked. */
const freshMs = 1_000;
/** A log that does not answer for so long is away. */
const patienceMs = 2_000;
const retryMs = 500;
/** When it comes back, those at its other end have to come back, too. */
const settleMs = 15_000;

/**
 * Knows whether the log is there, so that nobody is blamed for its silence. Asks only when somebody wants to know, and, once it is away, until it
 * is back.
 */
export class LogWatch {
  readonly #options: LogWatchOptions;
  readonly #stopped = new AbortController();
  #heardAtMs = 0;
  #fromMs = Number.POSITIVE_INFINITY;
  #wasThere = false;
  /** Resolves when it has answered, or is away. */
  #asking: PromiseWithResolvers<void> | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LogWatchOptions) {
    this.#options = options;
  }

  get sight(): LogSight {
    return { heardAtMs: this.#heardAtMs, fromMs: this.#fromMs };
  }

  /** Resolves when it is known whether the log is there: within two seconds. Never rejects. */
  ask(): Promise<void> {
    const isFresh = this.#options.clock.now() - this.#heardAtMs < freshMs;
    if (isFresh || this.#stopped.signal.aborted) return Promise.resolve();
    if (this.#asking === undefined) {
      this.#asking = Promise.withResolvers();
      this.#running = this.#run();
    }
    return this.#asking.promise;
  }

  /** It has taken a record. */
  heard(): void {
    const nowMs = this.#options.clock.now();
    this.#heardAtMs = nowMs;
    if (this.#fromMs !== Number.POSITIVE_INFINITY) return;
    this.#fromMs = this.#wasThere ? nowMs + settleMs : nowMs;
    this.#wasThere = true;
    this.#options.onBack();
  }

  /** Nobody is asked any more. Does not wait for an answer that is out. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#asking?.resolve();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted && !(await this.#answers())) {
      this.#lose();
      await sleep(clock, retryMs, signal).catch(() => {});
    }
    if (!signal.aborted) this.heard();
    this.#asking?.resolve();
    this.#asking = undefined;
  }

  /** However long the answer takes: without one the log is away meanwhile. */
  async #answers(): Promise<boolean> {
    const cancel = this.#options.clock.schedule(patienceMs, () => this.#lose());
    try {
      await abortable(this.#options.check(), this.#stopped.signal);
      return true;
    } catch {
      return false;
    } finally {
      cancel();
    }
  }

  #lose(): void {
    this.#fromMs = Number.POSITIVE_INFINITY;
    this.#asking?.resolve();
  }
}
