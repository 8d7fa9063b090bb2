import { Worker } from 'node:worker_threads';
import { type Clock, type Logger, ParleyError, siblingModule, silentLogger, systemClock } from '../../base/index.ts';
import { openDatabase } from '../../drivers/sqlite/index.ts';
import { defaultMaxRecordBytes, type Log } from '../port.ts';
import type { LogReply, LogWriterOptions } from './frames.ts';
import { SqliteLog } from './sqlite-log.ts';
import { LogWriterClient, toLogError } from './writer-client.ts';

export interface SqliteLogOptions {
  /** Created with mode 0600 when it is missing. One process at a time: the data folder's lock sees to it. */
  readonly file: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Default 1 MB. */
  readonly maxRecordBytes?: number;
  /** Of topics that do not say it. Default 7 days; 0: records stay. */
  readonly retentionMs?: number;
  /** The file never grows beyond this; further records fail with STORE_FULL until some are removed. */
  readonly maxBytes?: number;
  /** How often old records are looked for. Default 10 s. */
  readonly maintenanceMs?: number;
}

const weekMs = 7 * 24 * 3_600_000;

/** Opens the log on a SQLite file and starts its writer's thread. Throws STORE_DAMAGED or STORE_FULL; who opens it closes it. */
export async function openSqliteLog(options: SqliteLogOptions): Promise<Log> {
  const { file, maxBytes, retentionMs = weekMs, clock = systemClock, logger = silentLogger } = options;
  const { maxRecordBytes = defaultMaxRecordBytes, maintenanceMs = 10_000 } = options;
  const workerData: LogWriterOptions = {
    ...{ file, defaultRetentionMs: retentionMs },
    ...(maxBytes !== undefined && { maxBytes }),
  };
  const worker = new Worker(siblingModule(import.meta.url, 'writer-thread'), { workerData });
  await untilReady(worker, file);
  try {
    const database = openDatabase({ file, readOnly: true });
    const writer = new LogWriterClient(worker);
    return new SqliteLog({ file, writer, database, clock, logger, maxRecordBytes, maintenanceMs });
  } catch (thrown) {
    await worker.terminate();
    throw thrown;
  }
}

function untilReady(worker: Worker, file: string): Promise<void> {
  const refuse = (cause?: unknown): ParleyError =>
    new ParleyError('INTERNAL', `The writer of ${file} did not start.`, { cause });
  return new Promise((resolve, reject) => {
    worker.once('message', ([reply]: readonly LogReply[]) => {
      for (const event of ['error', 'exit']) worker.removeAllListeners(event);
      if (reply?.failure === undefined) resolve();
      else reject(toLogError(reply.failure));
    });
    worker.once('error', (cause) => reject(refuse(cause)));
    worker.once('exit', () => reject(refuse()));
  });
}
