import { parseLocalTime } from '../messages/local-time.ts';

/** What was seen of an agent's heartbeat so far. */
export interface Sighting {
  readonly heartbeat: string;
  /** When it was seen to be another than before; undefined: it never was. */
  readonly changedAtMs: number | undefined;
}

export interface Judgement {
  readonly sighting: Sighting;
  readonly isFresh: boolean;
}

/**
 * Whether an agent lives. Heartbeats have no zone, so the time that is written counts only when it makes sense here; a
 * heartbeat that changes under our eyes counts always.
 */
export function judgeHeartbeat(
  before: Sighting | undefined,
  heartbeat: string,
  { nowMs, staleAfterMs }: { readonly nowMs: number; readonly staleAfterMs: number },
): Judgement {
  const changed = before !== undefined && before.heartbeat !== heartbeat;
  const sighting = { heartbeat, changedAtMs: changed ? nowMs : before?.changedAtMs };
  const writtenAtMs = parseLocalTime(heartbeat);
  const isRecent = writtenAtMs !== undefined && Math.abs(nowMs - writtenAtMs) <= staleAfterMs;
  const isSeen = sighting.changedAtMs !== undefined && nowMs - sighting.changedAtMs <= staleAfterMs;
  return { sighting, isFresh: heartbeat !== '' && (isRecent || isSeen) };
}
