import { classifySqliteError, type Database, fromSqliteError, openDatabase } from '../../drivers/sqlite/index.ts';
import { decodeCommits } from './commit-cells.ts';
import { CommitWriter, type OverflowLimits } from './commit-writer.ts';
import type { CommitsRequest, Failure, LeaseRequest, WriterOptions, WriterReply, WriterRequest } from './frames.ts';
import type { NameIds } from './names.ts';
import { prepareSchema } from './schema.ts';

/** The only connection that writes. Lives in a thread of its own; `handle` makes one transaction, and one fsync, of many requests. */
export class Writer {
  readonly ids: NameIds;
  readonly #database: Database;
  readonly #file: string;
  readonly #limits: OverflowLimits;
  readonly #commits: CommitWriter;
  #writtenSinceCheckpoint = 0;

  constructor(options: WriterOptions) {
    this.#file = options.file;
    this.#database = openDatabase(options);
    this.ids = prepareSchema(this.#database, options.schema, options.file);
    this.#commits = new CommitWriter(this.#database);
    this.#limits = overflowLimits(options, this.ids);
  }

  /** Carries the requests out in their order; when this returns, what the answers say is on the disk. */
  handle(requests: readonly WriterRequest[]): readonly WriterReply[] {
    try {
      return this.#transactWithRoom(() => requests.map((request) => this.#carryOut(request)));
    } catch (thrown) {
      if (requests.length > 1 && isOneRequestsFault(thrown))
        return requests.flatMap((request) => this.handle([request]));
      return requests.map((request) => this.#refuse(request, thrown));
    }
  }

  close(): void {
    this.#database.close();
  }

  /** When there is no room, the log's bytes may be all that is missing: they are given back, and the work is tried once more. */
  #transactWithRoom<T>(work: () => T): T {
    try {
      return this.#transact(work);
    } catch (thrown) {
      if (classifySqliteError(thrown) !== 'STORE_FULL' || !this.#emptyLog()) throw thrown;
      return this.#transact(work);
    }
  }

  #transact<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#commits.counter.save();
      this.#database.exec('COMMIT');
      return result;
    } catch (thrown) {
      this.#rollBack();
      throw thrown;
    }
  }

  #rollBack(): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    this.#commits.reload();
  }

  #carryOut(request: WriterRequest): WriterReply {
    const { id } = request;
    switch (request.type) {
      case 'commits':
        return this.#commit(request);
      case 'maintain':
        return this.#maintain(id, request.nowMs);
      case 'probe':
        this.#probe();
        return { type: 'done', id };
      case 'close':
        return { type: 'done', id };
      default:
        return this.#changeLease(request);
    }
  }

  #commit(request: CommitsRequest): WriterReply {
    const { id, nowMs } = request;
    this.#writtenSinceCheckpoint += request.count;
    const firstPosition = this.#commits.counter.position + 1;
    let failures: Map<number, Failure> | undefined;
    decodeCommits(request.cells).forEach((commit, index) => {
      const failure = this.#commits.apply(commit, nowMs);
      if (failure === undefined) return;
      failures ??= new Map();
      failures.set(index, failure);
    });
    return { type: 'committed', id, firstPosition, failures };
  }

  #changeLease(request: LeaseRequest): WriterReply {
    const { id, name } = request;
    const { leases } = this.#commits;
    if (request.type === 'acquire') return { type: 'leased', id, epoch: leases.acquire(request) };
    const { epoch } = request;
    if (request.type === 'renew') {
      const held = leases.renew(name, epoch, request.nowMs + request.ttlMs);
      return { type: 'leased', id, epoch: held ? epoch : undefined };
    }
    leases.release(name, epoch);
    return { type: 'done', id };
  }

  #maintain(id: number, nowMs: number): WriterReply {
    const more = this.#commits.sweep(nowMs, this.#limits);
    return { type: 'maintained', id, more, indexed: this.#commits.counter.indexed };
  }

  /** Needs new pages, so that it fails when the disk or the file's limit leaves none. */
  #probe(): void {
    this.#database.exec('INSERT INTO probe VALUES (zeroblob(16384)); DELETE FROM probe');
  }

  /** Copies the log into the file while nobody waits. On a full disk it stays in the log, which is just as durable. */
  checkpointWhenIdle(): void {
    if (this.#writtenSinceCheckpoint === 0) return;
    try {
      this.#database.exec('PRAGMA wal_checkpoint(PASSIVE)');
      this.#writtenSinceCheckpoint = 0;
    } catch {
      // The next commit says what is wrong, to somebody who waits for it.
    }
  }

  #refuse(request: WriterRequest, thrown: unknown): WriterReply {
    const { code, message, cause } = fromSqliteError(thrown, this.#file);
    const reason = cause instanceof Error ? cause.message : message;
    return { type: 'failed', id: request.id, failure: { code, message, reason } };
  }

  /** True when the log has become empty. */
  #emptyLog(): boolean {
    try {
      const outcome = this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
      return outcome?.['busy'] === 0;
    } catch {
      // The disk has no room for that either: the first failure says what there is to say.
      return false;
    }
  }
}

/** A value that SQLite does not take harms its own request only; a disk that is full or broken harms all. */
function isOneRequestsFault(thrown: unknown): boolean {
  return classifySqliteError(thrown) === 'INTERNAL' && !String(thrown).includes('disk I/O error');
}

function overflowLimits(options: WriterOptions, ids: NameIds): OverflowLimits {
  const limits = new Map<number, number>();
  for (const [collection, { maxExpiring }] of Object.entries(options.schema.collections)) {
    const id = ids.collections.get(collection);
    if (id !== undefined) limits.set(id, maxExpiring ?? Number.POSITIVE_INFINITY);
  }
  return limits;
}
