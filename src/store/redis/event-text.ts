import { ParleyError } from '../../base/index.ts';
import type { StoredEvent } from '../port.ts';

/** One event as it lies in its journal's list: `time,position,id of its commit|JSON`; the id stands at a commit's first event. */
export interface EventText {
  readonly event: StoredEvent;
  /** Its place among all events of the shard. */
  readonly position: number;
}

/** Reads an element of a journal; its place in the list is its sequence number. */
export function parseEvent(text: string, sequence: number): EventText {
  const end = text.indexOf('|');
  const [atMs, position] = text.slice(0, end).split(',');
  if (end < 0 || position === undefined) {
    throw new ParleyError('STORE_DAMAGED', 'An event in Redis is not as it was written. Restore it from a backup.');
  }
  return { event: { sequence, atMs: Number(atMs), event: text.slice(end + 1) }, position: Number(position) };
}
