import type { NodeDocument } from './node-document.ts';

/** What was seen of another node, and since when it has not changed. */
interface Sighting {
  readonly epoch: number;
  readonly beat: number;
  readonly sinceMs: number;
}

/** What one node has seen of the others. */
export type Sightings = ReadonlyMap<string, Sighting>;

/** Pure: the sightings after a look at all nodes. Who is gone from the list is forgotten. */
export function look(before: Sightings, nodes: readonly NodeDocument[], nowMs: number): Sightings {
  return new Map(
    nodes.map(({ id, epoch, beat }) => {
      const known = before.get(id);
      const same = known !== undefined && known.epoch === epoch && known.beat === beat;
      return [id, same ? known : { epoch, beat, sinceMs: nowMs }];
    }),
  );
}

/** Pure: whether the node has left or was silent for as long as its lease lasts. */
export function isGone({ id, left }: NodeDocument, seen: Sightings, at: { nowMs: number; ttlMs: number }): boolean {
  return left || at.nowMs - (seen.get(id)?.sinceMs ?? at.nowMs) >= at.ttlMs;
}
