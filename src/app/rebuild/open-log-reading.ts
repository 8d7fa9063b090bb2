import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ParleyError, silentLogger } from '../../base/index.ts';
import type { Log } from '../../log/index.ts';
import type { NodeConfig } from '../config.ts';
import { logFileName } from '../data-folder.ts';
import { openLog } from '../open-log.ts';

/**
 * The log of a node, beside the node: its file is opened to be read and nothing else, so that the node may run meanwhile. NOT_FOUND when
 * there is no file.
 */
export async function openLogReading(
  config: Pick<NodeConfig, 'log' | 'store' | 'dataFolder'>,
): Promise<Pick<Log, 'read' | 'describeTopic' | 'close'>> {
  const logFile = join(config.dataFolder, logFileName);
  if ((config.log.url ?? config.store.url) !== undefined)
    return openLog({ config, folder: { logFile }, logger: silentLogger });
  if (!existsSync(logFile)) {
    const message = `There is no log in ${config.dataFolder}. Name the folder of the node with --data-folder.`;
    throw new ParleyError('NOT_FOUND', message, { details: { folder: config.dataFolder } });
  }
  const { openSqliteLogReader } = await import('../../log/sqlite/index.ts');
  return openSqliteLogReader({ file: logFile });
}
