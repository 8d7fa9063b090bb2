import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import { formatCursor, type PageCursor, parseCursor } from '../page-cursor.ts';
import type { DocumentPage, Query, StoredDocument } from '../port.ts';
import type { WriteEntry } from './commit-cells.ts';
import { collectionId, indexId, type NameIds } from './names.ts';

const select =
  'SELECT entry.sort, entry.key, document.value FROM entry ' +
  'CROSS JOIN document ON document.collection = ? AND document.key = entry.key ' +
  'WHERE (document.expires_at IS NULL OR document.expires_at > ?) AND entry.idx = ? AND entry.equals = ? ';

/** Reads documents on the reading connection; what has expired is not there. */
export class DocumentReader {
  readonly #ids: NameIds;
  readonly #get: Statement;
  readonly #ascending: Statement;
  readonly #descending: Statement;
  readonly #descendingBehind: Statement;
  readonly #count: Statement;
  readonly #selectExpired: Statement;

  constructor(database: Database, ids: NameIds) {
    this.#ids = ids;
    this.#get = database.prepare(
      'SELECT value FROM document WHERE collection = ? AND key = ? AND (expires_at IS NULL OR expires_at > ?)',
    );
    this.#ascending = database.prepare(
      `${select} AND (entry.sort, entry.key) > (?, ?) ORDER BY entry.sort, entry.key LIMIT ?`,
    );
    const descending = 'ORDER BY entry.sort DESC, entry.key DESC LIMIT ?';
    this.#descending = database.prepare(`${select} AND entry.sort >= ? ${descending}`);
    this.#descendingBehind = database.prepare(
      `${select} AND entry.sort >= ? AND (entry.sort, entry.key) < (?, ?) ${descending}`,
    );
    this.#count = database.prepare('SELECT count(*) AS total FROM entry WHERE idx = ? AND equals = ? AND sort >= ?');
    this.#selectExpired = database.prepare(
      'SELECT entries FROM document WHERE collection = ? AND expires_at <= ? AND expires_at IS NOT NULL',
    );
  }

  get(collection: string, key: string, nowMs: number): StoredDocument | undefined {
    const row = this.#get.get(collectionId(this.#ids, collection), key, nowMs);
    return row && { key, value: String(row['value']) };
  }

  find(query: Query, nowMs: number): DocumentPage {
    const cursor = query.cursor === undefined ? undefined : parseCursor(query.cursor);
    const rows = this.#rows(query, cursor, nowMs);
    const hasMore = rows.length > query.limit;
    const page = hasMore ? rows.slice(0, query.limit) : rows;
    const last = page.at(-1) ?? cursor;
    return {
      documents: page.map(({ key, value }) => ({ key, value })),
      ...(hasMore && last && { cursor: formatCursor(last) }),
      ...(query.count && { total: this.#total(query, nowMs) }),
    };
  }

  /** One row more than asked for, which says that there is a next page. */
  #rows(query: Query, cursor: PageCursor | undefined, nowMs: number): readonly EntryRow[] {
    const { collection, equals, from = '', limit, order } = query;
    const where = [
      collectionId(this.#ids, collection),
      nowMs,
      indexId(this.#ids, collection, query.index),
      equals,
    ] as const;
    if (order === 'ascending') {
      const behind = cursor && cursor.sort >= from ? cursor : { sort: from, key: '' };
      return toRows(this.#ascending.all(...where, behind.sort, behind.key, limit + 1));
    }
    if (cursor === undefined) return toRows(this.#descending.all(...where, from, limit + 1));
    return toRows(this.#descendingBehind.all(...where, from, cursor.sort, cursor.key, limit + 1));
  }

  /** From the index alone, less the few that have expired and are not yet swept. */
  #total(query: Query, nowMs: number): number {
    const { collection, equals, from = '' } = query;
    const index = indexId(this.#ids, collection, query.index);
    const counted = Number(this.#count.get(index, equals, from)?.['total']);
    const matches = ([id, value, sort]: WriteEntry): boolean => id === index && value === equals && sort >= from;
    const expired = this.#selectExpired.all(collectionId(this.#ids, collection), nowMs);
    const isMatch = (row: (typeof expired)[number]): boolean =>
      (JSON.parse(String(row['entries'])) as readonly WriteEntry[]).some(matches);
    return counted - expired.filter(isMatch).length;
  }
}

interface EntryRow extends PageCursor {
  readonly value: string;
}

function toRows(rows: readonly unknown[]): readonly EntryRow[] {
  return rows as readonly EntryRow[];
}
