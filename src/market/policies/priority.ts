/** Work that waits. */
export interface Waiting {
  /** The higher the sooner. */
  readonly priority: number;
  /** Ms since the epoch. */
  readonly sinceMs: number;
}

/** For so long a piece of work waits until it counts as one step of priority more. */
export const defaultAgeingMs = 30_000;

/** Priority with ageing: whatever waits long enough goes before anything that comes later. */
export function agedPriority(
  { priority, sinceMs }: Waiting,
  nowMs: number,
  ageingMs: number = defaultAgeingMs,
): number {
  return priority + Math.max(0, nowMs - sinceMs) / ageingMs;
}
