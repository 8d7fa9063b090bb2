import type { Database } from '../../drivers/sqlite/index.ts';
import type { WriteCommit, WriteDocument } from './commit-cells.ts';
import { Counter } from './counter.ts';
import { DocumentTable } from './document-table.ts';
import type { Failure } from './frames.ts';
import { JournalTable } from './journal-table.ts';
import { LeaseTable } from './lease-table.ts';
import { TimerTable } from './timer-table.ts';

/** Which collections keep only so many expiring documents, by number. */
export type OverflowLimits = ReadonlyMap<number, number>;

/** So many documents are swept between two groups of commits. */
const sweepBatch = 50;

/** What a commit does to the tables: all checks first, so that a refused commit has written nothing. */
export class CommitWriter {
  readonly counter: Counter;
  readonly leases: LeaseTable;
  readonly #journals: JournalTable;
  readonly #documents: DocumentTable;
  readonly #timers: TimerTable;

  constructor(database: Database) {
    this.counter = new Counter(database);
    this.leases = new LeaseTable(database);
    this.#journals = new JournalTable(database, this.counter);
    this.#documents = new DocumentTable(database, this.counter);
    this.#timers = new TimerTable(database);
  }

  /** Carries the commit out, or says why not. */
  apply(commit: WriteCommit, nowMs: number): Failure | undefined {
    const failure = this.#check(commit, nowMs);
    if (failure === undefined) this.#write(commit, nowMs);
    return failure;
  }

  /** Removes a small batch of what has expired or is over its collection's limit. True when more is waiting. */
  sweep(nowMs: number, limits: OverflowLimits): boolean {
    let more = false;
    for (const [collection, limit] of limits) more = this.#sweepCollection(collection, limit, nowMs) || more;
    return this.#journals.indexShards() || more;
  }

  /** After a rollback: back to what the file says. */
  reload(): void {
    this.counter.load();
    this.leases.load();
    this.#journals.forget();
    this.#documents.forget();
  }

  #check(commit: WriteCommit, nowMs: number): Failure | undefined {
    const { key, fence, append } = commit;
    if (fence && !this.leases.isCurrent(fence.lease, fence.epoch)) return fenced(key, fence.lease, fence.epoch);
    for (const document of commit.documents) this.#purgeExpired(document.collection, key, nowMs);
    const version = append ? this.#journals.version(append.kind, key) : 0;
    if (append && append.expectedVersion !== version) return conflict(key, version, append.expectedVersion);
    const present = commit.documents.some((document) => this.#isUnexpected(document, key));
    return present ? alreadyThere(key) : undefined;
  }

  #isUnexpected(document: WriteDocument, key: string): boolean {
    return document.mustBeAbsent && this.#documents.state(document.collection, key) !== undefined;
  }

  #write(commit: WriteCommit, nowMs: number): void {
    const { key, append, dropJournal } = commit;
    if (dropJournal !== null) this.#journals.drop(dropJournal, key);
    if (append) this.#journals.append(key, append, nowMs);
    for (const document of commit.documents) {
      if (document.value === null) this.#documents.remove(document.collection, key);
      else this.#documents.put(key, document, document.value);
    }
    for (const timer of commit.timers) this.#timers.change(key, timer);
  }

  #sweepCollection(collection: number, limit: number, nowMs: number): boolean {
    const expiring = this.counter.expiring(collection);
    if (expiring === 0) return false;
    const excess = expiring - limit;
    const first = this.#documents.firstToExpire(collection, sweepBatch);
    const gone = first.filter(({ expiresAt }, index) => index < excess || expiresAt <= nowMs);
    for (const { key } of gone) this.#purge(collection, key);
    return gone.length === sweepBatch;
  }

  #purgeExpired(collection: number, key: string, nowMs: number): void {
    const expiresAt = this.#documents.state(collection, key)?.expiresAt ?? null;
    if (expiresAt !== null && expiresAt <= nowMs) this.#purge(collection, key);
  }

  #purge(collection: number, key: string): void {
    const owns = this.#documents.state(collection, key)?.owns ?? null;
    if (owns !== null) this.#journals.drop(owns, key);
    this.#documents.remove(collection, key);
  }
}

function fenced(key: string, lease: string, epoch: number): Failure {
  const message = `${key} was not changed: the lease ${lease} is no longer of epoch ${epoch}. Take the lease again before you go on.`;
  return { code: 'FENCED', message };
}

function conflict(key: string, found: number, expected: number): Failure {
  const message = `${key} was not changed: its journal is at ${found}, not at ${expected}. Read what was added and try again.`;
  return { code: 'VERSION_CONFLICT', message };
}

function alreadyThere(key: string): Failure {
  return {
    code: 'VERSION_CONFLICT',
    message: `${key} was not changed: the document is already there. Read it instead.`,
  };
}
