import type { Logger } from '../base/index.ts';
import type { Log } from '../log/index.ts';
import type { NodeConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';

export interface LogOptions {
  readonly config: Pick<NodeConfig, 'log' | 'store'>;
  readonly folder: Pick<DataFolder, 'logFile'>;
  readonly logger: Logger;
}

/**
 * Opens the Kafka or the Redis that `log.url` names, else the store's Redis, else the file in the data folder. UNAVAILABLE and CONFIG_INVALID say what is
 * wrong with it. Each kind is loaded when it is opened.
 */
export async function openLog({ config, folder, logger }: LogOptions): Promise<Log> {
  const { maxRecordBytes, retentionMs } = config.log;
  const url = config.log.url ?? config.store.url;
  if (url === undefined) {
    const { openSqliteLog } = await import('../log/sqlite/index.ts');
    return await openSqliteLog({ file: folder.logFile, maxRecordBytes, retentionMs, logger });
  }
  if (url.startsWith('kafka')) {
    const { openKafkaLog } = await import('../log/kafka/index.ts');
    return await openKafkaLog({ url, maxRecordBytes, logger });
  }
  const { openRedisLog } = await import('../log/redis/index.ts');
  return await openRedisLog({ url, prefix: config.store.prefix, maxRecordBytes, retentionMs, logger });
}
