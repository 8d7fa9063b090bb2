import type { Clock } from '../../base/index.ts';

/** When something was last done: when calls and requests began or ended. */
export class Activity {
  readonly #clock: Pick<Clock, 'now'>;
  #lastAtMs: number | undefined;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Undefined while nothing was done. */
  get lastAtMs(): number | undefined {
    return this.#lastAtMs;
  }

  touch(): void {
    this.#lastAtMs = this.#clock.now();
  }
}
