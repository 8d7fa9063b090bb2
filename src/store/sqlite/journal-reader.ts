import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import type { StoredEvent } from '../port.ts';
import { type JournalRow, splitEvents } from './event-text.ts';

export interface JournalPage {
  readonly kind: string;
  readonly key: string;
  readonly after: number;
  readonly limit: number;
  /** The page ends early behind the append that goes beyond so many characters. Default: no such end. */
  readonly maxSize?: number;
}

/** Reads journals on the reading connection. */
export class JournalReader {
  readonly #select: Statement;

  constructor(database: Database) {
    this.#select = database.prepare(
      'SELECT key, sequence, count, at_ms, events FROM journal ' +
        'WHERE key = ? AND kind = ? AND sequence > ? ORDER BY sequence LIMIT ?',
    );
  }

  read({ kind, key, after, limit, maxSize = Number.POSITIVE_INFINITY }: JournalPage): StoredEvent[] {
    const events: StoredEvent[] = [];
    let size = 0;
    for (const found of this.#select.iterate(key, kind, after, limit)) {
      const row = found as unknown as JournalRow;
      for (const event of splitEvents(row)) if (event.sequence > after) events.push(event);
      size += row.events.length;
      if (events.length >= limit || size >= maxSize) break;
    }
    return events.length > limit ? events.slice(0, limit) : events;
  }
}
