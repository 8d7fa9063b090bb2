import type { SurfacePlace } from '../../registry/index.ts';

/** The requests to the package's own HTTP that one worker has under way. */
export class SurfaceRequests {
  readonly #onEnded: () => void;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  /** `onEnded` is called whenever one of them has ended. */
  constructor(onEnded: () => void) {
    this.#onEnded = onEnded;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Counts one more until it is released; released twice, it counts once. */
  take(socketPath: string): SurfacePlace {
    this.#inFlight++;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      this.#end();
    };
    return { socketPath, release };
  }

  /** Resolves when there is none. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #end(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) for (const resolve of this.#waiting.splice(0)) resolve();
    this.#onEnded();
  }
}
