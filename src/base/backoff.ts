export interface BackoffOptions {
  readonly baseMs: number;
  readonly multiplier: number;
  readonly maxMs: number;
}

/** The delay before try number `attempt` (0 = the first retry): base × multiplier^attempt, capped. */
export function computeBackoffMs(options: BackoffOptions, attempt: number): number {
  return Math.min(options.maxMs, options.baseMs * options.multiplier ** attempt);
}
