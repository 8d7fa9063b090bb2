import type { Cluster, RedisOptions as LibraryOptions, Redis } from 'ioredis';
import { computeBackoffMs } from '../../base/index.ts';
import type { ResolvedRedisOptions } from './redis-options.ts';
import type { RedisAddress, RedisTarget } from './redis-target.ts';

export type Connection = Redis | Cluster;

type SingleOptions = Omit<LibraryOptions, 'replyMapping'>;

/** How one kind of connection differs from the ordinary one. */
export interface ConnectionUse {
  /** Waits for its answers as long as they take. */
  readonly blocking?: boolean;
  /** Ends when it breaks: its owner opens another. */
  readonly once?: boolean;
  /** To this server instead of the target as a whole. */
  readonly address?: RedisAddress;
}

const backoff = { baseMs: 50, multiplier: 2, maxMs: 2_000 };
const keepAliveMs = 10_000;

/** The pause before try number `attempt` (from 1), with up to a quarter of chance in it. */
export function reconnectDelayMs(attempt: number): number {
  return computeBackoffMs(backoff, Math.min(attempt - 1, 10)) * (1 + Math.random() / 4);
}

/** A connection that is not yet opened. The library is loaded with the first one. */
export async function createConnection(
  target: RedisTarget,
  options: ResolvedRedisOptions,
  use: ConnectionUse = {},
): Promise<Connection> {
  const { Cluster: ClusterClient, Redis: SingleClient } = await import('ioredis');
  const shared = sharedOptions(target, options, use);
  if (target.kind === 'cluster' && use.address === undefined) {
    return new ClusterClient([...target.addresses], clusterOptions(shared));
  }
  const retryStrategy = use.once ? () => null : reconnectDelayMs;
  return new SingleClient({ ...shared, ...placeOptions(target, use), retryStrategy });
}

function sharedOptions(target: RedisTarget, options: ResolvedRedisOptions, use: ConnectionUse): SingleOptions {
  const { username, password, tls } = target;
  const { commandTimeoutMs, connectTimeoutMs, name } = options;
  return {
    protocol: 2,
    lazyConnect: true,
    enableOfflineQueue: false,
    // A command whose connection broke fails at once: whether it may be sent again only the caller knows.
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    connectionName: name,
    connectTimeout: connectTimeoutMs,
    keepAlive: keepAliveMs,
    ...(!use.blocking && { commandTimeout: commandTimeoutMs, socketTimeout: commandTimeoutMs }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls: {} }),
    // A server that became a replica: the master is somewhere else now.
    reconnectOnError: (error) => error.message.startsWith('READONLY'),
  };
}

function placeOptions(target: RedisTarget, use: ConnectionUse): SingleOptions {
  const { addresses, kind, master, database: db } = target;
  if (kind === 'sentinel') return { sentinels: [...addresses], name: master ?? '', db };
  const address = use.address ?? addresses[0];
  return { ...(address && { host: address.host, port: address.port }), db };
}

function clusterOptions(shared: SingleOptions) {
  const { lazyConnect: _, enableOfflineQueue: __, ...redisOptions } = shared;
  return {
    lazyConnect: true,
    // Its servers are connected to when they are first needed; until then calls wait here.
    enableOfflineQueue: true,
    clusterRetryStrategy: reconnectDelayMs,
    // See autoResendUnfulfilledCommands: here, too, nothing is sent twice behind the caller's back.
    retryDelayOnFailover: 0,
    slotsRefreshInterval: 5_000,
    redisOptions,
  };
}
