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

/** What is next: the highest aged priority, of equal ones what has waited longest; undefined when nothing waits. */
export function pickNext<Item extends Waiting>(
  items: readonly Item[],
  nowMs: number,
  ageingMs: number = defaultAgeingMs,
): Item | undefined {
  let best: Item | undefined;
  for (const item of items) if (best === undefined || isBefore(item, best, { nowMs, ageingMs })) best = item;
  return best;
}

function isBefore(
  one: Waiting,
  other: Waiting,
  { nowMs, ageingMs }: { readonly nowMs: number; readonly ageingMs: number },
): boolean {
  const ahead = agedPriority(one, nowMs, ageingMs) - agedPriority(other, nowMs, ageingMs);
  return ahead === 0 ? one.sinceMs < other.sinceMs : ahead > 0;
}
