/** Time as a port, so that a test decides when it passes. */
export interface Clock {
  /** Milliseconds since the epoch; never goes backwards within one process. */
  now(): number;
  /** Calls `run` once after `delayMs`; the returned function calls it off. Does not keep the process alive. */
  schedule(delayMs: number, run: () => void): () => void;
}

const maxTimeoutMs = 2 ** 31 - 1;
let latest = 0;

/** The real clock. A wall clock that is set back stands still until time has caught up. */
export const systemClock: Clock = {
  now() {
    latest = Math.max(latest, Date.now());
    return latest;
  },
  schedule(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), maxTimeoutMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', stop);
      resolve();
    });
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** What the promise brings, or undefined when it has brought nothing after `delayMs`; the promise itself goes on. */
export function withTimeout<T>(clock: Clock, promise: Promise<T>, delayMs: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(delayMs, () => resolve(undefined));
    promise.then(resolve, reject).finally(cancel);
  });
}

let formattedMs = Number.NaN;
let formatted = '';

/** `2026-11-21T04:00:00.000Z`, as A2A wants its timestamps: UTC, milliseconds. */
export function formatTimestamp(ms: number): string {
  // Under load dozens of them are of one millisecond.
  if (ms !== formattedMs) {
    formatted = new Date(ms).toISOString();
    formattedMs = ms;
  }
  return formatted;
}
