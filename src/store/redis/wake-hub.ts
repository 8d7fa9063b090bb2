import type { RedisClient } from '../../drivers/redis/index.ts';

/** Somebody who waits for a journal to grow. */
export interface Waiter {
  /** Resolves when it may have grown since the last call, or when a signal aborts. */
  wait(signals: readonly AbortSignal[]): Promise<void>;
  leave(): void;
}

/** Wakes who follows a journal, whether it grew through this store or through another on the same data. */
export class WakeHub {
  readonly #redis: RedisClient;
  readonly #id: string;
  readonly #waiters = new Map<string, Set<() => void>>();
  readonly #stopGap: () => void;

  /** `id` begins the messages about this store's own commits, of which it knows already. */
  constructor(redis: RedisClient, id: string) {
    this.#redis = redis;
    this.#id = id;
    // What was said meanwhile nobody heard: everybody looks.
    this.#stopGap = redis.onGap(() => this.#wakeAll());
  }

  /** Says that the journal has grown. */
  wake(journal: string): void {
    for (const wake of this.#waiters.get(journal) ?? []) wake();
  }

  /** Once this resolves, nothing that is appended is missed. */
  async join(journal: string): Promise<Waiter> {
    let isAwake = true;
    let resume: (() => void) | undefined;
    const wake = (): void => {
      isAwake = true;
      resume?.();
    };
    const hear = (message: string): void => {
      if (!message.startsWith(this.#id)) wake();
    };
    const waiters = this.#waiters.get(journal) ?? new Set();
    this.#waiters.set(journal, waiters.add(wake));
    const leaveChannel = await this.#redis.subscribe(journal, hear).catch((thrown: unknown) => {
      this.#leave(journal, wake);
      throw thrown;
    });
    return {
      async wait(signals) {
        if (!isAwake) await new Promise<void>((resolve) => listen(signals, resolve, (run) => (resume = run)));
        isAwake = false;
      },
      leave: () => {
        leaveChannel();
        this.#leave(journal, wake);
      },
    };
  }

  close(): void {
    this.#stopGap();
    this.#wakeAll();
  }

  #leave(journal: string, wake: () => void): void {
    const waiters = this.#waiters.get(journal);
    waiters?.delete(wake);
    if (waiters?.size === 0) this.#waiters.delete(journal);
  }

  #wakeAll(): void {
    for (const waiters of this.#waiters.values()) for (const wake of waiters) wake();
  }
}

function listen(signals: readonly AbortSignal[], resolve: () => void, onWake: (run: () => void) => void): void {
  const done = (): void => {
    for (const signal of signals) signal.removeEventListener('abort', done);
    resolve();
  };
  for (const signal of signals) signal.addEventListener('abort', done, { once: true });
  if (signals.some(({ aborted }) => aborted)) done();
  onWake(done);
}
