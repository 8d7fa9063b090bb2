/**
 * The store keeps what must not be lost. What every adapter guarantees:
 *
 * - Ordering: the events of one journal have sequence numbers 1, 2, 3 … without gaps; `readShard` gives the events of one
 *   shard in the order of their commits.
 * - Atomicity: a commit is written whole or not at all, and is durable when its promise resolves. Everything in one commit
 *   belongs to one `key`, so that it lives in one shard.
 * - Commits on one key are applied in the order of the calls.
 * - A journal or document is visible to every reader once its commit has resolved.
 * - Errors: VERSION_CONFLICT (nothing written), FENCED (nothing written), STORE_FULL, STORE_DAMAGED, STORE_CLOSED.
 * - `close` waits for the commits under way; who opened the store closes it.
 */
export interface Store {
  commit(commit: Commit): Promise<void>;
  /** Events of one journal with sequence > `after`, oldest first, at most `limit` (default 1,000). Empty: nothing there. */
  read(kind: string, key: string, after?: number, limit?: number): Promise<readonly StoredEvent[]>;
  /**
   * Follows one journal live from sequence > `after`: no event twice, none missing, however slow the reader is (what it has
   * not taken is read again from the journal, not kept in memory). Ends when the signal aborts.
   */
  tail(kind: string, key: string, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]>;
  /** Events of all journals of one shard behind `position` ('' = the beginning), in commit order: what a relay publishes. */
  readShard(shard: number, position: string, limit: number): Promise<ShardPage>;
  get(collection: string, key: string): Promise<StoredDocument | undefined>;
  /** By one declared index: equality, then in the order of the index's sort value. Never scans. */
  find(query: Query): Promise<DocumentPage>;
  /** Takes the named lease if it is free, expired, or already the holder's; undefined when somebody else holds it. */
  acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | undefined>;
  /** Timers whose time has come, oldest first; a timer stays due until a commit on its key clears it. */
  dueTimers(nowMs: number, limit: number): Promise<readonly DueTimer[]>;
  /** Figures for metrics and health. Throws what is wrong when the store cannot write. */
  check(): Promise<StoreStatus>;
  close(): Promise<void>;
}

/** One atomic change of what belongs to `key`. */
export interface Commit {
  readonly key: string;
  /** `kind` names the journal: one key may have one journal of each kind. */
  readonly append?: {
    readonly kind: string;
    /** The sequence of the last event there is; 0 = a new journal. */
    readonly expectedVersion: number;
    /** JSON texts, in order. */
    readonly events: readonly string[];
  };
  readonly documents?: readonly DocumentChange[];
  readonly timers?: readonly TimerChange[];
  /** Removes the journal of this kind with everything in it (retention). */
  readonly dropJournal?: string;
  /** Refused with FENCED unless the lease is still of this epoch. */
  readonly fence?: Fence;
}

export interface Fence {
  readonly lease: string;
  readonly epoch: number;
}

/** Puts (with `value`) or removes (without) the document `key` of the collection. */
export interface DocumentChange {
  readonly collection: string;
  /** JSON text. */
  readonly value?: string;
  /** For each index the document is in: the value it is found by and the value it is ordered by (both compared as text). */
  readonly indexes?: Readonly<Record<string, IndexEntry>>;
  /** Gone at this time: readers no longer see it, and it is removed in the background. Ms since the epoch. */
  readonly expiresAtMs?: number;
  /** With expiry or overflow the journal of this kind and the same key goes too. */
  readonly ownsJournal?: string;
  /** 'absent': VERSION_CONFLICT when the document is already there. */
  readonly expect?: 'absent';
}

export interface IndexEntry {
  readonly equals: string;
  readonly sort: string;
}

export interface TimerChange {
  readonly name: string;
  /** Ms since the epoch; undefined clears the timer. */
  readonly dueAtMs?: number;
  /** JSON text handed back when due. */
  readonly payload?: string;
}

export interface StoredEvent {
  readonly sequence: number;
  /** Ms since the epoch, from the committing node. */
  readonly atMs: number;
  /** JSON text as it was appended. */
  readonly event: string;
}

export interface ShardPage {
  readonly events: readonly (StoredEvent & { readonly kind: string; readonly key: string })[];
  /** Where the next page begins; equals the given position when nothing came. */
  readonly position: string;
}

export interface StoredDocument {
  readonly key: string;
  readonly value: string;
}

export interface Query {
  readonly collection: string;
  readonly index: string;
  readonly equals: string;
  readonly order: 'ascending' | 'descending';
  readonly limit: number;
  /** From an earlier page. */
  readonly cursor?: string;
  /** Only sort values ≥ this. */
  readonly from?: string;
  /** Count all that match, too (bounded by the index, not by the collection). */
  readonly count?: boolean;
}

export interface DocumentPage {
  readonly documents: readonly StoredDocument[];
  /** Undefined on the last page. */
  readonly cursor?: string;
  readonly total?: number;
}

/** Held until released or until `ttlMs` pass without `renew`. */
export interface Lease {
  readonly name: string;
  /** Grows with every change of holder: the fencing token. */
  readonly epoch: number;
  /** False: it was lost, and every fenced commit is refused. */
  renew(): Promise<boolean>;
  release(): Promise<void>;
}

export interface DueTimer {
  readonly key: string;
  readonly name: string;
  readonly dueAtMs: number;
  readonly payload: string;
}

export interface StoreStatus {
  readonly events: number;
  readonly documents: number;
  readonly bytes: number;
}

/** What a store is opened with, beside its adapter's own settings. */
export interface StoreSchema {
  readonly collections: Readonly<Record<string, CollectionSchema>>;
}

export interface CollectionSchema {
  readonly indexes: readonly string[];
  /** Of the documents that expire, only the newest so many are kept. */
  readonly maxExpiring?: number;
}

/** Shards of the store and the log: an entity's key decides. */
export const shardCount = 256;

/** FNV-1a over the key's UTF-16 units: stable across versions, because positions and Redis hash tags hang on it. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash ^= key.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % shardCount;
}
