/** How long a worker may take for what, in milliseconds, and how much it may send. */
export interface WorkerSettings {
  /** From the start of the process to its `ready`. */
  readonly readyTimeoutMs: number;
  /** Between two pings. */
  readonly pingIntervalMs: number;
  /** Without an answer to a ping: the worker is killed. */
  readonly pingTimeoutMs: number;
  /** For a cancelled call to end before its worker is replaced. */
  readonly cancelGraceMs: number;
  /** For the calls in a worker that is stopped. */
  readonly drainGraceMs: number;
  /** For the calls in a worker that another one has replaced. */
  readonly replaceGraceMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly termGraceMs: number;
  readonly maxFrameBytes: number;
  /** Bytes of events that one call may have on their way. */
  readonly windowBytes: number;
}

export const defaultWorkerSettings: WorkerSettings = Object.freeze({
  readyTimeoutMs: 60_000,
  pingIntervalMs: 10_000,
  pingTimeoutMs: 30_000,
  cancelGraceMs: 5_000,
  drainGraceMs: 30_000,
  replaceGraceMs: 600_000,
  termGraceMs: 5_000,
  maxFrameBytes: 32 * 1024 * 1024,
  windowBytes: 256 * 1024,
});
