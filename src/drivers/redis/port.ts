/** What a command is made of; a text is sent as UTF-8. */
export type RedisArgument = string | number | Uint8Array;

/** What Redis answered; texts are decoded from UTF-8. */
export type RedisReply = string | number | null | readonly RedisReply[];

/** What Redis answered, its texts as bytes. */
export type RedisBytesReply = Buffer | number | null | readonly RedisBytesReply[];

/** A Lua program, sent as its sha1 wherever the server knows it already. */
export interface RedisScript {
  readonly lua: string;
  readonly sha1: string;
}

export interface ScriptCall {
  readonly script: RedisScript;
  /** All of one hash tag, so that they live on one server of a cluster. */
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
  /** Answered only when so many replicas have it; fewer within the time: UNAVAILABLE. Default: none. */
  readonly replicas?: ReplicaWait | undefined;
}

export interface ReplicaWait {
  readonly count: number;
  readonly timeoutMs: number;
}

/**
 * A connection to Redis: one server, a cluster, or the master that sentinels name. What it guarantees:
 *
 * - Commands of one turn of the event loop leave in one write. On one server they run in the order of the calls
 *   (but for a script that the server has forgotten meanwhile).
 * - A command is sent at most once. When the connection breaks under it, it fails with UNAVAILABLE, and `details.sent`
 *   says whether it may have been carried out. What is safe to do twice is for the caller to try again.
 * - While Redis is away, calls wait a bounded time in a bounded queue, then fail with UNAVAILABLE; the connection comes back
 *   by itself, with growing pauses, subscriptions too.
 * - Errors: UNAVAILABLE, STORE_FULL (maxmemory), CONFIG_INVALID (credentials, rights), STORE_CLOSED, INTERNAL (all else that
 *   Redis refuses, with its own words). No error and no log line holds a password.
 * - Who opened it closes it.
 */
export interface RedisClient {
  /** Where it is connected to, without secrets: `redis://127.0.0.1:6379/0`. */
  readonly target: string;
  command(name: string, ...args: readonly RedisArgument[]): Promise<RedisReply>;
  /** The same, for values that are not text. */
  bytes(name: string, ...args: readonly RedisArgument[]): Promise<RedisBytesReply>;
  /** Runs a script, atomically. */
  script(call: ScriptCall): Promise<RedisReply>;
  /**
   * Calls `listener` with each message of the channel; the promise resolves once the server has the subscription. The returned
   * function ends it. Messages that were sent while the connection was away are lost: `onGap` says when that may be so.
   */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => void>;
  /** Called whenever the subscriptions are there again after a break. */
  onGap(listener: () => void): () => void;
  /** A connection of its own, for commands that wait. */
  openBlocking(): RedisBlocking;
  /** One command on every master: INFO, CONFIG GET, DBSIZE. */
  everywhere(name: string, ...args: readonly RedisArgument[]): Promise<readonly RedisReply[]>;
  health(): RedisHealth;
  close(): Promise<void>;
}

/** One connection for commands that wait (BRPOP, XREAD BLOCK), one at a time. It comes back by itself. */
export interface RedisBlocking {
  /** Rejects with the signal's reason when it aborts: the connection is cut, so that Redis hands nothing to nobody. */
  run(signal: AbortSignal, name: string, ...args: readonly RedisArgument[]): Promise<RedisReply>;
  close(): void;
}

export interface RedisHealth {
  readonly state: 'ready' | 'connecting' | 'closed';
  /** Why it is not ready, in Redis' or the system's words. */
  readonly lastError?: string | undefined;
}
