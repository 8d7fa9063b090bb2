import type { Clock, Logger } from '../../base/index.ts';
import type { ReplicaWait } from '../../drivers/redis/index.ts';
import type { StoreSchema } from '../port.ts';

export interface RedisStoreOptions {
  /** `redis://host:6379/0`, `redis+cluster://h1,h2,h3` or `redis+sentinel://h1,h2/name`; with `rediss` it is TLS. */
  readonly url: string;
  readonly schema: StoreSchema;
  /** In front of all keys: several fabrics may share a server. Default `parley`. */
  readonly prefix?: string | undefined;
  /** So many replicas have a commit before it is acknowledged. Default 0: the master alone. */
  readonly replicas?: number | undefined;
  /** How long a commit waits for Redis to come back before it fails. Default 30,000. */
  readonly commitTimeoutMs?: number | undefined;
  /** How long anything else does. Default 5,000. */
  readonly readTimeoutMs?: number | undefined;
  /** Leases go by it, too, when it is given; otherwise by Redis' own time. */
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

export interface ResolvedStoreOptions {
  readonly prefix: string;
  readonly replicas: ReplicaWait | undefined;
  readonly commitTimeoutMs: number;
  readonly readTimeoutMs: number;
}

const replicaTimeoutMs = 1_000;

/** The options with their defaults. */
export function resolveRedisStoreOptions(options: Omit<RedisStoreOptions, 'schema'>): ResolvedStoreOptions {
  const { prefix = 'parley', replicas = 0, commitTimeoutMs = 30_000, readTimeoutMs = 5_000 } = options;
  const wait = replicas > 0 ? { count: replicas, timeoutMs: replicaTimeoutMs } : undefined;
  return { prefix, replicas: wait, commitTimeoutMs, readTimeoutMs };
}
