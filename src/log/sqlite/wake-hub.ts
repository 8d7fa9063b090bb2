import type { TopicPartition } from '../port.ts';

/** Who waits for a partition to grow, or for a group to get on. */
export class WakeHub {
  readonly #waiting = new Set<{ readonly topic: string; readonly wake: () => void }>();

  /** Wakes all that wait for the topic. */
  wake(topic: string): void {
    for (const waiter of this.#waiting) if (waiter.topic === topic) waiter.wake();
  }

  /** Resolves when the topic is woken after this call, or when the signal aborts. */
  wait({ topic }: TopicPartition, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        this.#waiting.delete(waiter);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const waiter = { topic, wake: done };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
