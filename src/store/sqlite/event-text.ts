import { ParleyError } from '../../base/index.ts';
import type { StoredEvent } from '../port.ts';

/** Stands between the events of one append: a control character that no JSON text can hold. */
export const eventSeparator = '\u001e';

/** One row of the table `journal`. */
export interface JournalRow {
  readonly position: number;
  readonly key: string;
  readonly kind: string;
  /** Of the row's last event. */
  readonly sequence: number;
  readonly count: number;
  readonly at_ms: number;
  readonly events: string;
}

/** The events of one append, oldest first. Throws STORE_DAMAGED when their number is not what was written. */
export function splitEvents(row: Pick<JournalRow, 'key' | 'sequence' | 'count' | 'at_ms' | 'events'>): StoredEvent[] {
  const { sequence, count, at_ms: atMs, events } = row;
  if (count === 1) return [{ sequence, atMs, event: events }];
  const texts = events.split(eventSeparator);
  if (texts.length !== count) {
    throw new ParleyError(
      'STORE_DAMAGED',
      `The journal of ${row.key} holds ${texts.length} events where ${count} were written.`,
    );
  }
  const first = sequence - count + 1;
  return texts.map((event, index) => ({ sequence: first + index, atMs, event }));
}
