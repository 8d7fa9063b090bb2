import { type Clock, type Logger, silentLogger, systemClock } from '../../base/index.ts';
import { openRedis } from '../../drivers/redis/index.ts';
import { defaultMaxRecordBytes } from '../port.ts';
import { createLogKeys } from './keys.ts';
import { RedisLog } from './redis-log.ts';

export interface RedisLogOptions {
  /** As docs/redis.md writes it. */
  readonly url: string;
  /** In front of all keys: logs with the same one share their records. Default `parley`. */
  readonly prefix?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Default 1 MB. */
  readonly maxRecordBytes?: number;
  /** Of topics that do not say it. Default 7 days; 0: records stay. */
  readonly retentionMs?: number;
  /** A member of a group that is not heard of for so long loses its partitions. Default 10 s. */
  readonly sessionMs?: number;
  /** How often old records are looked for. Default 10 s. */
  readonly maintenanceMs?: number;
}

const weekMs = 7 * 24 * 3_600_000;

/** Opens the log in Redis: UNREACHABLE when it is not there, CONFIG_INVALID for a wrong address. Who opens it closes it. */
export async function openRedisLog(options: RedisLogOptions): Promise<RedisLog> {
  const { url, prefix = 'parley', clock = systemClock, logger = silentLogger } = options;
  const { maxRecordBytes = defaultMaxRecordBytes, retentionMs = weekMs } = options;
  const { sessionMs = 10_000, maintenanceMs = 10_000 } = options;
  const redis = await openRedis({ url, logger, name: 'parley-log' });
  const settings = { maxRecordBytes, retentionMs, sessionMs, maintenanceMs };
  return new RedisLog({ redis, keys: createLogKeys(prefix), clock, logger, ...settings });
}
