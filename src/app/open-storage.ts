import { hasCode, type Logger, ParleyError } from '../base/index.ts';
import { openFolderBlobs } from '../store/blobs/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import type { NodeConfig } from './config.ts';
import type { DataFolder } from './data-folder.ts';
import { storeSchema } from './store-schema.ts';

/** Where a node keeps its state. */
export interface Storage {
  readonly store: Store;
  readonly blobs: BlobStore;
  status(): StorageStatus;
  close(): Promise<void>;
}

export interface StorageStatus {
  readonly kind: 'sqlite' | 'redis';
  readonly state: 'ready' | 'connecting' | 'closed';
}

export interface StorageOptions {
  readonly config: NodeConfig;
  readonly folder: Pick<DataFolder, 'storeFile' | 'blobs'>;
  readonly logger: Logger;
}

/**
 * Opens the Redis that the configuration names, else the file in the data folder. UNAVAILABLE and CONFIG_INVALID say what is wrong
 * with Redis; what is unsafe about it is logged.
 */
export function openStorage(options: StorageOptions): Promise<Storage> {
  const { url } = options.config.store;
  return url === undefined ? openFiles(options) : openInRedis(url, options);
}

async function openFiles({ config, folder, logger }: StorageOptions): Promise<Storage> {
  const store = await openSqliteStore({ file: folder.storeFile, schema: storeSchema(config), logger });
  const blobs = await openFolderBlobs({ folder: folder.blobs });
  return { store, blobs, status: () => ({ kind: 'sqlite', state: 'ready' }), close: () => store.close() };
}

async function openInRedis(url: string, { config, logger }: StorageOptions): Promise<Storage> {
  // A node that keeps its state in a file does without it.
  const { openRedisBlobs, openRedisStore } = await import('../store/redis/index.ts');
  const { prefix, replicas, commitTimeoutMs } = config.store;
  const options = { url, prefix, replicas, commitTimeoutMs, logger };
  const store = await openRedisStore({ ...options, schema: storeSchema(config) }).catch(refuse);
  const opened: { close(): Promise<void> }[] = [store];
  const close = async (): Promise<void> => {
    for (const part of opened) await part.close();
  };
  try {
    const { blobs, ...connection } = await openRedisBlobs(options);
    opened.push(connection);
    for (const warning of await store.checkSafety()) logger.warn(warning);
    return { store, blobs, status: () => ({ kind: 'redis', state: store.health().state }), close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** UNREACHABLE is what callers of a node that is not there get: here the node itself has nothing to stand on. */
function refuse(thrown: unknown): never {
  if (!hasCode(thrown, 'UNREACHABLE')) throw thrown;
  throw new ParleyError('UNAVAILABLE', `The node has no store. ${thrown.message}`, { cause: thrown });
}
