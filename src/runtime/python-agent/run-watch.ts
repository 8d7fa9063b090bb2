import type { Clock } from '../../base/index.ts';

export interface RunWatchOptions {
  readonly process: { interrupt(): void; kill(reason: string): Promise<string> };
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Aborted when nobody waits for the code any more. */
  readonly signal: AbortSignal;
}

/** Watches over one run of code. */
export interface RunWatch {
  /** Why the code was told to stop, in words that go on after "it"; undefined while it was not. */
  readonly reason: string | undefined;
  end(): void;
}

/** For code to end after it was interrupted. */
const interruptGraceMs = 2_000;

/** Interrupts the code when its time is over or its caller leaves, and kills its process when it goes on all the same. */
export function watchRun({ process, clock, timeoutMs, signal }: RunWatchOptions): RunWatch {
  let reason: string | undefined;
  let cancelKill = (): void => {};
  const stop = (because: string): void => {
    if (reason !== undefined) return;
    reason = because;
    process.interrupt();
    cancelKill = clock.schedule(interruptGraceMs, () => void process.kill(`${because} and went on when interrupted`));
  };
  const leave = (): void => stop('it was cancelled by its caller');
  const cancelTimeout = clock.schedule(timeoutMs, () => stop(`it ran longer than ${timeoutMs / 1_000} s`));
  signal.addEventListener('abort', leave, { once: true });
  if (signal.aborted) leave();
  return {
    get reason() {
      return reason;
    },
    end() {
      cancelTimeout();
      cancelKill();
      signal.removeEventListener('abort', leave);
    },
  };
}
