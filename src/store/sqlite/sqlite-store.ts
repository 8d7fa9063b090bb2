import type { Worker } from 'node:worker_threads';
import { type Clock, type Logger, ParleyError } from '../../base/index.ts';
import { type Database, fromSqliteError } from '../../drivers/sqlite/index.ts';
import { startMaintenance } from '../maintenance.ts';
import type {
  Commit,
  DocumentPage,
  DueTimer,
  Lease,
  Query,
  ShardPage,
  Store,
  StoredDocument,
  StoredEvent,
  StoreStatus,
} from '../port.ts';
import { DocumentReader } from './document-reader.ts';
import { JournalReader } from './journal-reader.ts';
import type { NameIds } from './names.ts';
import { ShardReader } from './shard-reader.ts';
import { acquireSqliteLease } from './sqlite-lease.ts';
import { StateReader } from './state-reader.ts';
import { tail } from './tail.ts';
import { WatchHub } from './watch-hub.ts';
import { type Committed, WriterClient } from './writer-client.ts';

export interface SqliteStoreParts {
  readonly file: string;
  readonly worker: Worker;
  /** The reading connection; the store closes it. */
  readonly database: Database;
  readonly ids: NameIds;
  readonly clock: Clock;
  readonly logger: Logger;
}

const defaultReadLimit = 1_000;

/** The store on one SQLite file: a thread writes, this side reads, and neither waits for the other. */
export class SqliteStore implements Store {
  readonly #parts: SqliteStoreParts;
  readonly #writer: WriterClient;
  readonly #hub = new WatchHub();
  readonly #journals: JournalReader;
  readonly #documents: DocumentReader;
  readonly #shards: ShardReader;
  readonly #state: StateReader;
  readonly #closing = new AbortController();
  readonly #stopMaintenance: () => void;
  #closed: Promise<void> | undefined;

  constructor(parts: SqliteStoreParts) {
    const { worker, database, ids, clock, logger } = parts;
    this.#parts = parts;
    this.#writer = new WriterClient({ worker, ids, clock, onCommitted: (committed) => this.#note(committed) });
    this.#journals = new JournalReader(database);
    this.#documents = new DocumentReader(database, ids);
    this.#shards = new ShardReader(database);
    this.#state = new StateReader(database, parts.file);
    this.#stopMaintenance = startMaintenance({ clock, logger, runBatch: () => this.#maintain() });
  }

  commit(commit: Commit): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closedError());
    return this.#writer.commit(commit);
  }

  read(kind: string, key: string, after = 0, limit: number = defaultReadLimit): Promise<readonly StoredEvent[]> {
    return this.#reading(() => this.#journals.read({ kind, key, after, limit }));
  }

  tail(kind: string, key: string, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]> {
    const closed = this.#closing.signal;
    return tail({ kind, key, after, signal, closed, hub: this.#hub, journals: this.#journals });
  }

  readShard(shard: number, position: string, limit: number): Promise<ShardPage> {
    return this.#reading(() => this.#shards.read(shard, position, limit));
  }

  get(collection: string, key: string): Promise<StoredDocument | undefined> {
    return this.#reading(() => this.#documents.get(collection, key, this.#parts.clock.now()));
  }

  find(query: Query): Promise<DocumentPage> {
    return this.#reading(() => this.#documents.find(query, this.#parts.clock.now()));
  }

  async acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    if (this.#closed) throw this.#closedError();
    return acquireSqliteLease({ writer: this.#writer, clock: this.#parts.clock, name, holder, ttlMs });
  }

  dueTimers(nowMs: number, limit: number): Promise<readonly DueTimer[]> {
    return this.#reading(() => this.#state.dueTimers(nowMs, limit));
  }

  async check(): Promise<StoreStatus> {
    if (this.#closed) throw this.#closedError();
    await this.#writer.request({ type: 'probe' });
    return this.#reading(() => this.#state.status());
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopMaintenance();
    this.#closing.abort(this.#closedError());
    this.#hub.wakeAll();
    // The reader goes first: only the last connection can take the log back into the file.
    this.#parts.database.close();
    await this.#writer.close();
  }

  async #maintain(): Promise<boolean> {
    const reply = await this.#writer.request({ type: 'maintain', nowMs: this.#parts.clock.now() });
    if (reply.type !== 'maintained') return false;
    this.#shards.advance(reply.indexed);
    return reply.more;
  }

  #note(committed: Committed): void {
    const { commit, position } = committed;
    const count = commit.append?.events.length ?? 0;
    if (count > 0) this.#shards.note(commit.key, position + count - 1);
    this.#hub.publish(committed);
  }

  async #reading<T>(read: () => T): Promise<T> {
    if (this.#closed) throw this.#closedError();
    try {
      return read();
    } catch (thrown) {
      throw fromSqliteError(thrown, this.#parts.file);
    }
  }

  #closedError(): ParleyError {
    return new ParleyError('STORE_CLOSED', `The store ${this.#parts.file} is closed. Open it again before you use it.`);
  }
}
