import type { Database, Statement } from '../../drivers/sqlite/index.ts';
import { BoundedMap } from './bounded-map.ts';
import type { WriteDocument, WriteEntry } from './commit-cells.ts';
import type { Counter } from './counter.ts';

const rememberedDocuments = 20_000;

/** What the writer must know of a stored document before it changes it. */
export interface DocumentState {
  readonly entries: readonly WriteEntry[];
  readonly expiresAt: number | null;
  readonly owns: string | null;
}

/** A document whose time has come, or that is one too many. */
export interface ExpiredDocument {
  readonly key: string;
  readonly expiresAt: number;
}

const absent = Symbol('absent');

/** The documents and their index entries, as the writer changes them. Every call belongs to the transaction under way. */
export class DocumentTable {
  readonly #counter: Counter;
  readonly #states = new BoundedMap<DocumentState | typeof absent>(rememberedDocuments);
  readonly #select: Statement;
  readonly #upsert: Statement;
  readonly #delete: Statement;
  readonly #selectExpiring: Statement;
  readonly #insertEntry: Statement;
  readonly #deleteEntry: Statement;

  constructor(database: Database, counter: Counter) {
    this.#counter = counter;
    this.#select = database.prepare('SELECT entries, expires_at, owns FROM document WHERE collection = ? AND key = ?');
    this.#upsert = database.prepare(
      'INSERT INTO document (value, entries, expires_at, owns, collection, key) VALUES (?, ?, ?, ?, ?, ?) ' +
        'ON CONFLICT DO UPDATE SET value = excluded.value, entries = excluded.entries, ' +
        'expires_at = excluded.expires_at, owns = excluded.owns',
    );
    this.#delete = database.prepare('DELETE FROM document WHERE collection = ? AND key = ?');
    this.#selectExpiring = database.prepare(
      'SELECT key, expires_at AS expiresAt FROM document WHERE collection = ? AND expires_at IS NOT NULL ' +
        'ORDER BY expires_at, key LIMIT ?',
    );
    this.#insertEntry = database.prepare('INSERT OR REPLACE INTO entry (idx, equals, sort, key) VALUES (?, ?, ?, ?)');
    this.#deleteEntry = database.prepare('DELETE FROM entry WHERE idx = ? AND equals = ? AND sort = ? AND key = ?');
  }

  state(collection: number, key: string): DocumentState | undefined {
    const name = cacheKey(collection, key);
    let state = this.#states.get(name);
    if (state === undefined) {
      state = this.#load(collection, key) ?? absent;
      this.#states.set(name, state);
    }
    return state === absent ? undefined : state;
  }

  put(key: string, document: WriteDocument, value: string): void {
    const { collection, expiresAt, owns, entries } = document;
    const before = this.state(collection, key);
    this.#upsert.run(value, JSON.stringify(entries), expiresAt, owns, collection, key);
    this.#replaceEntries(key, before?.entries ?? [], entries);
    this.#count(collection, before, document);
    this.#states.set(cacheKey(collection, key), { entries, expiresAt, owns });
  }

  remove(collection: number, key: string): void {
    const before = this.state(collection, key);
    if (before === undefined) return;
    this.#delete.run(collection, key);
    this.#replaceEntries(key, before.entries, []);
    this.#count(collection, before, undefined);
    this.#states.set(cacheKey(collection, key), absent);
  }

  /** Those that expire first, expired or not, at most `limit`. */
  firstToExpire(collection: number, limit: number): readonly ExpiredDocument[] {
    return this.#selectExpiring.all(collection, limit) as unknown as readonly ExpiredDocument[];
  }

  /** After a rollback nothing that was remembered holds. */
  forget(): void {
    this.#states.clear();
  }

  #load(collection: number, key: string): DocumentState | undefined {
    const row = this.#select.get(collection, key);
    if (row === undefined) return undefined;
    const { entries, expires_at: expiresAt, owns } = row as unknown as Row;
    return { entries: JSON.parse(entries) as readonly WriteEntry[], expiresAt, owns };
  }

  /** Touches only what changed. */
  #replaceEntries(key: string, before: readonly WriteEntry[], after: readonly WriteEntry[]): void {
    for (const entry of before) {
      if (!includes(after, entry)) this.#deleteEntry.run(entry[0], entry[1], entry[2], key);
    }
    for (const entry of after) {
      if (!includes(before, entry)) this.#insertEntry.run(entry[0], entry[1], entry[2], key);
    }
  }

  #count(collection: number, before: DocumentState | undefined, after: WriteDocument | undefined): void {
    this.#counter.documents += (after ? 1 : 0) - (before ? 1 : 0);
    const expiring = (after && after.expiresAt !== null ? 1 : 0) - (before && before.expiresAt !== null ? 1 : 0);
    if (expiring !== 0) this.#counter.addExpiring(collection, expiring);
  }
}

interface Row {
  readonly entries: string;
  readonly expires_at: number | null;
  readonly owns: string | null;
}

function includes(entries: readonly WriteEntry[], wanted: WriteEntry): boolean {
  return entries.some((entry) => entry[0] === wanted[0] && entry[1] === wanted[1] && entry[2] === wanted[2]);
}

function cacheKey(collection: number, key: string): string {
  return `${collection}\n${key}`;
}
