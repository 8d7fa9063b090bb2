import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import { type ShardPage, shardCount, shardOf } from '../port.ts';
import { type JournalRow, splitEvents } from './event-text.ts';

const maxPageSize = 4 * 1024 * 1024;

/**
 * Reads a shard in commit order: the older part through `shard_position`, the newest through positions kept in memory, which
 * begin with the first read and are dropped when the file has them.
 */
export class ShardReader {
  readonly #selectPosition: Statement;
  readonly #selectOlder: Statement;
  readonly #selectCounter: Statement;
  readonly #selectNewer: Statement;
  #newest: number[][] | undefined;
  #indexed = 0;
  #seen = 0;

  constructor(database: Database) {
    const columns = 'journal.position, journal.key, kind, sequence, count, at_ms, events';
    this.#selectPosition = database.prepare(`SELECT ${columns} FROM journal WHERE position = ?`);
    this.#selectOlder = database.prepare(
      `SELECT ${columns} FROM shard_position CROSS JOIN journal ON journal.position = shard_position.position ` +
        'WHERE shard = ? AND shard_position.position > ? AND shard_position.position <= ? ' +
        'ORDER BY shard_position.position LIMIT ?',
    );
    this.#selectCounter = database.prepare('SELECT indexed FROM counter');
    this.#selectNewer = database.prepare('SELECT position, key FROM journal WHERE position > ? ORDER BY position');
  }

  /** Takes note of an append that is on the disk; `position` is that of its last event. */
  note(key: string, position: number): void {
    if (this.#newest === undefined || position <= this.#seen) return;
    this.#seen = position;
    this.#newest[shardOf(key)]?.push(position);
  }

  /** `shard_position` is now complete up to here. */
  advance(indexed: number): void {
    if (this.#newest === undefined || indexed <= this.#indexed) return;
    this.#indexed = indexed;
    this.#newest = this.#newest.map((positions) => positions.filter((position) => position > indexed));
  }

  read(shard: number, position: string, limit: number): ShardPage {
    const after = position === '' ? 0 : Number(position);
    const page = new PageBuilder(after, limit);
    const newest = this.#load()[shard] ?? [];
    if (after < this.#indexed) {
      for (const row of this.#selectOlder.iterate(shard, after, this.#indexed, limit)) {
        if (!page.add(row as unknown as JournalRow)) break;
      }
    }
    for (const at of newest) {
      if (page.isFull) break;
      if (at <= after) continue;
      const row = this.#selectPosition.get(at);
      if (row) page.add(row as unknown as JournalRow);
    }
    return page.finish(position);
  }

  #load(): readonly number[][] {
    if (this.#newest) return this.#newest;
    this.#newest = Array.from({ length: shardCount }, () => []);
    this.#indexed = Number(this.#selectCounter.get()?.['indexed']);
    for (const row of this.#selectNewer.iterate(this.#indexed)) this.note(String(row['key']), Number(row['position']));
    return this.#newest;
  }
}

type ShardEvent = ShardPage['events'][number];

/** Collects events until the page is full. A position is an event's, so a page may end inside an append. */
class PageBuilder {
  readonly #events: ShardEvent[] = [];
  readonly #after: number;
  readonly #limit: number;
  #position: number;
  #size = 0;

  constructor(after: number, limit: number) {
    this.#after = after;
    this.#position = after;
    this.#limit = limit;
  }

  get isFull(): boolean {
    return this.#events.length >= this.#limit || this.#size >= maxPageSize;
  }

  /** False when nothing more fits. */
  add(row: JournalRow): boolean {
    const { kind, key } = row;
    let position = row.position - row.count;
    this.#size += row.events.length;
    for (const event of splitEvents(row)) {
      position++;
      if (position <= this.#after || this.#events.length >= this.#limit) continue;
      this.#events.push({ ...event, kind, key });
      this.#position = position;
    }
    return !this.isFull;
  }

  finish(position: string): ShardPage {
    return { events: this.#events, position: this.#events.length === 0 ? position : String(this.#position) };
  }
}
