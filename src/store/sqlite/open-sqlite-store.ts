import { Worker } from 'node:worker_threads';
import { type Clock, type Logger, ParleyError, siblingModule, silentLogger, systemClock } from '../../base/index.ts';
import { openDatabase } from '../../drivers/sqlite/index.ts';
import type { Store, StoreSchema } from '../port.ts';
import type { Failure, WriterOptions, WriterReply } from './frames.ts';
import type { NameIds } from './names.ts';
import { SqliteStore } from './sqlite-store.ts';

export interface SqliteStoreOptions {
  /** Created with mode 0600 when it is missing. One process at a time: the data folder's lock sees to it. */
  readonly file: string;
  readonly schema: StoreSchema;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** The file never grows beyond this; further commits fail with STORE_FULL until something is removed. */
  readonly maxBytes?: number;
}

/** Opens the store on a SQLite file and starts its writer's thread. Throws STORE_DAMAGED or STORE_FULL; who opens it closes it. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { file, schema, maxBytes, clock = systemClock, logger = silentLogger } = options;
  const workerData: WriterOptions = { file, schema, ...(maxBytes !== undefined && { maxBytes }) };
  const worker = new Worker(siblingModule(import.meta.url, 'writer-thread'), { workerData });
  const ids = await untilReady(worker, file);
  try {
    const database = openDatabase({ file, readOnly: true });
    return new SqliteStore({ file, worker, database, ids, clock, logger });
  } catch (thrown) {
    await worker.terminate();
    throw thrown;
  }
}

function untilReady(worker: Worker, file: string): Promise<NameIds> {
  const refuse = (failure: Failure | undefined, cause?: unknown): ParleyError =>
    new ParleyError(failure?.code ?? 'INTERNAL', failure?.message ?? `The writer of ${file} did not start.`, { cause });
  return new Promise((resolve, reject) => {
    worker.once('message', ([reply]: readonly WriterReply[]) => {
      for (const event of ['error', 'exit']) worker.removeAllListeners(event);
      if (reply?.type === 'ready') resolve(reply.ids);
      else reject(refuse(reply?.type === 'refused' ? reply.failure : undefined));
    });
    worker.once('error', (cause) => reject(refuse(undefined, cause)));
    worker.once('exit', () => reject(refuse(undefined)));
  });
}
