import { type Clock, createShortId, type Logger, ParleyError, withTimeout } from '../../base/index.ts';
import {
  checkRedisSafety,
  type RedisArgument,
  type RedisClient,
  type RedisHealth,
  type RedisReply,
  type RedisScript,
} from '../../drivers/redis/index.ts';
import { startMaintenance } from '../maintenance.ts';
import {
  type Commit,
  type DocumentPage,
  type DueTimer,
  type Lease,
  type Query,
  type ShardPage,
  type Store,
  type StoredDocument,
  type StoredEvent,
  type StoreSchema,
  type StoreStatus,
  shardOf,
} from '../port.ts';
import { CommitLanes, type CommitOutcome } from './commit-lanes.ts';
import { refusalOf } from './commit-refusal.ts';
import { commitScript } from './commit-script.ts';
import { DocumentFinder, isExpired } from './document-finder.ts';
import { documentField, parseDocument } from './document-text.ts';
import { checkCollection, checkCommit, checkIndex, encodeCommits, type NamedCommit } from './encode-commits.ts';
import { JournalReader } from './journal-reader.ts';
import type { Keys } from './keys.ts';
import { acquireRedisLease } from './redis-lease.ts';
import type { ResolvedStoreOptions } from './redis-store-options.ts';
import { retryWhileAway } from './retry.ts';
import { readStatus } from './status.ts';
import { Sweeper } from './sweeper.ts';
import { tail } from './tail.ts';
import { readDueTimers } from './timer-reader.ts';
import { WakeHub } from './wake-hub.ts';

export interface RedisStoreParts {
  readonly redis: RedisClient;
  /** For commits and leases; the same one, unless they wait for replicas. */
  readonly writer: RedisClient;
  readonly keys: Keys;
  readonly schema: StoreSchema;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: ResolvedStoreOptions;
  /** What leases go by instead of Redis' own time. */
  readonly leaseNow: (() => number) | undefined;
  /** What Redis' time was ahead of the clock's when the store was opened. */
  readonly skewMs: number;
}

/** The store, and what an operator may want to know about the server. */
export interface OpenedRedisStore extends Store {
  health(): RedisHealth;
  /** What puts data at risk there, in sentences; empty when all is well. */
  checkSafety(): Promise<readonly string[]>;
}

const maxSkewMs = 2_000;
/** So long are commits under way waited for when the store is closed. */
const closeWaitMs = 5_000;
const defaultReadLimit = 1_000;

/** The store in Redis. Several may be open on the same data, in one process or in many. */
export class RedisStore implements OpenedRedisStore {
  readonly #parts: RedisStoreParts;
  readonly #id: string = createShortId();
  readonly #lanes: CommitLanes;
  readonly #journals: JournalReader;
  readonly #finder: DocumentFinder;
  readonly #hub: WakeHub;
  readonly #sweeper: Sweeper;
  readonly #closing = new AbortController();
  readonly #stopMaintenance: () => void;
  #commits = 0;
  #closed: Promise<void> | undefined;

  constructor(parts: RedisStoreParts) {
    const { redis, keys, schema, clock, logger } = parts;
    this.#parts = parts;
    this.#lanes = new CommitLanes({
      send: (key, commits) => this.#send(key, commits),
      createId: () => `${this.#id}.${(this.#commits++).toString(36)}`,
    });
    this.#journals = new JournalReader(redis, keys);
    this.#finder = new DocumentFinder({ redis, keys });
    this.#hub = new WakeHub(redis, this.#id);
    this.#sweeper = new Sweeper({ redis, keys, schema, id: this.#id, now: () => clock.now() });
    this.#stopMaintenance = startMaintenance({ clock, logger, runBatch: () => this.#sweeper.round() });
  }

  async commit(commit: Commit): Promise<void> {
    this.#assertOpen();
    checkCommit(commit, this.#parts.schema);
    await this.#lanes.commit(commit);
  }

  read(kind: string, key: string, after = 0, limit: number = defaultReadLimit): Promise<readonly StoredEvent[]> {
    return this.#reading(() => this.#journals.read({ kind, key, after, limit }));
  }

  tail(kind: string, key: string, after: number, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]> {
    return tail({
      journal: this.#parts.keys.journal(kind, key),
      after,
      signal,
      closed: this.#closing.signal,
      hub: this.#hub,
      retry: (run) => retryWhileAway(this.#parts.options.commitTimeoutMs, run),
      read: (from, limit) => this.#journals.read({ kind, key, after: from, limit }),
    });
  }

  readShard(shard: number, position: string, limit: number): Promise<ShardPage> {
    return this.#reading(() => this.#journals.readShard(shard, position, limit));
  }

  get(collection: string, key: string): Promise<StoredDocument | undefined> {
    return this.#reading(async () => {
      const { redis, keys, schema, clock } = this.#parts;
      checkCollection(schema, collection);
      const text = await redis.command('hget', keys.documents(shardOf(key)), documentField(collection, key));
      if (typeof text !== 'string') return undefined;
      const document = parseDocument(text);
      return isExpired(document, clock.now()) ? undefined : { key, value: document.value };
    });
  }

  find(query: Query): Promise<DocumentPage> {
    return this.#reading(() => {
      checkIndex(this.#parts.schema, query.collection, query.index);
      return this.#finder.find(query, this.#parts.clock.now());
    });
  }

  async acquireLease(name: string, holder: string, ttlMs: number): Promise<Lease | undefined> {
    this.#assertOpen();
    const { keys, leaseNow: now } = this.#parts;
    const run = (script: RedisScript, names: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply> =>
      this.#retrying(() => this.#script(script, names, args));
    return await acquireRedisLease({ keys, run, now, name, holder, ttlMs });
  }

  dueTimers(nowMs: number, limit: number): Promise<readonly DueTimer[]> {
    return this.#reading(() => readDueTimers(this.#parts, { nowMs, limit }));
  }

  async check(): Promise<StoreStatus> {
    this.#assertOpen();
    return await readStatus(this.#parts.redis, this.#parts.keys);
  }

  health(): RedisHealth {
    return this.#parts.redis.health();
  }

  async checkSafety(): Promise<readonly string[]> {
    const { redis, skewMs } = this.#parts;
    const warnings = await checkRedisSafety(redis);
    if (Math.abs(skewMs) <= maxSkewMs) return warnings;
    const difference = `${(Math.abs(skewMs) / 1_000).toFixed(1)} s ${skewMs < 0 ? 'ahead of' : 'behind'}`;
    return [...warnings, `This machine's clock is ${difference} that of Redis. Keep both by NTP.`];
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopMaintenance();
    this.#closing.abort(this.#closedError());
    this.#hub.close();
    // What waits for a Redis that is away ends with its connection.
    if (this.health().state === 'ready') await withTimeout(this.#parts.clock, this.#lanes.drain(), closeWaitMs);
    // Best effort: without it another node sweeps a few seconds later.
    if (this.health().state === 'ready') await this.#sweeper.resign().catch(() => {});
    await Promise.all([this.#parts.redis.close(), this.#parts.writer.close()]);
  }

  async #send(key: string, commits: readonly NamedCommit[]): Promise<readonly CommitOutcome[]> {
    const { clock, keys, options } = this.#parts;
    const { keys: names, args } = encodeCommits({ keys, key, commits, nowMs: clock.now() });
    const run = (): Promise<RedisReply> => this.#script(commitScript, names, args);
    const outcomes = (await retryWhileAway(options.commitTimeoutMs, run)) as readonly (string | number)[];
    return commits.map(({ commit }, index) => this.#settle(commit, outcomes[index]));
  }

  #settle(commit: Commit, outcome: string | number | undefined): CommitOutcome {
    const { append, key } = commit;
    if (outcome !== 'ok') return refusalOf(commit, outcome);
    if (append && append.events.length > 0) this.#hub.wake(this.#parts.keys.journal(append.kind, key));
    return undefined;
  }

  #script(script: RedisScript, keys: readonly string[], args: readonly RedisArgument[]): Promise<RedisReply> {
    return this.#parts.writer.script({ script, keys, args, replicas: this.#parts.options.replicas });
  }

  #retrying<T>(run: () => Promise<T>): Promise<T> {
    return retryWhileAway(this.#parts.options.readTimeoutMs, run);
  }

  async #reading<T>(run: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    return await this.#retrying(run);
  }

  #assertOpen(): void {
    if (this.#closed) throw this.#closedError();
  }

  #closedError(): ParleyError {
    const message = `The store in ${this.#parts.redis.target} is closed. Open it again before you use it.`;
    return new ParleyError('STORE_CLOSED', message);
  }
}
