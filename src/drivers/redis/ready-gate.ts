/** Holds calls back until the connection is there. */
export class ReadyGate {
  readonly #limit: number;
  readonly #waiting = new Set<(error: Error | undefined) => void>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when the gate opens; rejects with `refuse()` after the time, or at once when too many wait. */
  wait(timeoutMs: number, refuse: () => Error): Promise<void> {
    if (this.#waiting.size >= this.#limit) return Promise.reject(refuse());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(refuse()), timeoutMs);
      const settle = (error: Error | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(settle);
        if (error) reject(error);
        else resolve();
      };
      this.#waiting.add(settle);
    });
  }

  /** Lets everybody through, in the order in which they came. */
  open(): void {
    for (const settle of [...this.#waiting]) settle(undefined);
  }

  /** Sends everybody away. */
  refuse(error: Error): void {
    for (const settle of [...this.#waiting]) settle(error);
  }
}
