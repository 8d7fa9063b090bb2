/** What a node knows of its log: whether silence says anything. */
export interface LogSight {
  /** The log has answered then, by this node's clock. Ms since the epoch; 0: never. */
  readonly heardAtMs: number;
  /** Nobody could be heard before: what is waited for counts from then on at the earliest. Infinity: the log is away. */
  readonly fromMs: number;
}

/** A log that is there has answered a moment ago. */
const momentMs = 1_000;
/** How soon to ask again: the log is asked, too, whenever a negotiation is looked at. */
const soonMs = 250;
/** All are looked at when it is back; those of a node that has died meanwhile by others. */
const awayMs = 30_000;

/** Something that others are waited for. */
export interface Wait {
  /** Since when; null: they cannot know of it yet, as it is not in the log. */
  readonly sinceMs: number | null;
  readonly ms: number;
}

/** Whether the time is up, and if not, when to ask again; null: when it has come into the log. */
export type Patience = { readonly isUp: true } | { readonly isUp: false; readonly againMs: number | null };

/**
 * Nobody is blamed for a silence that may be the log's: the time is up only when the log was there at its end, and what was said before it came
 * back gets its whole time once more. Pure.
 */
export function waitFor({ sinceMs, ms }: Wait, { heardAtMs, fromMs }: LogSight, nowMs: number): Patience {
  if (sinceMs === null) return { isUp: false, againMs: null };
  if (fromMs === Number.POSITIVE_INFINITY) return { isUp: false, againMs: nowMs + awayMs };
  const untilMs = Math.max(sinceMs, fromMs) + ms;
  if (nowMs < untilMs) return { isUp: false, againMs: untilMs };
  return heardAtMs + momentMs >= untilMs ? { isUp: true } : { isUp: false, againMs: nowMs + soonMs };
}
