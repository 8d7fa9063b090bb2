import type { Clock } from '../base/index.ts';

/** A clock that stands still until the test moves it. */
export interface ManualClock extends Clock {
  /** Moves time forward and runs what falls due, in the order of its time; then lets waiting promises go on. */
  advance(ms: number): Promise<void>;
  /** How many calls are still scheduled. */
  readonly pending: number;
}

interface Entry {
  readonly atMs: number;
  readonly run: () => void;
}

/** Begins at `startMs`, by default 2026-01-01T00:00:00Z. */
export function createManualClock(startMs: number = Date.UTC(2026, 0, 1)): ManualClock {
  let nowMs = startMs;
  const entries = new Set<Entry>();

  const nextDue = (untilMs: number): Entry | undefined =>
    [...entries].filter((entry) => entry.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];

  return {
    now: () => nowMs,
    schedule(delayMs, run) {
      const entry: Entry = { atMs: nowMs + Math.max(0, delayMs), run };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    async advance(ms) {
      const untilMs = nowMs + ms;
      for (let entry = nextDue(untilMs); entry !== undefined; entry = nextDue(untilMs)) {
        entries.delete(entry);
        nowMs = Math.max(nowMs, entry.atMs);
        entry.run();
        await settle();
      }
      nowMs = untilMs;
      await settle();
    },
    get pending() {
      return entries.size;
    },
  };
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
