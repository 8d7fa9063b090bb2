import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ParleyError } from '../base/index.ts';
import { type FolderLock, lockFolder } from '../drivers/sqlite/index.ts';

/** Everything a node keeps on disk, under one folder of mode 0700 that one process at a time may use. */
export interface DataFolder {
  readonly path: string;
  readonly storeFile: string;
  /** Records between agents, unless they lie elsewhere. */
  readonly logFile: string;
  readonly blobs: string;
  readonly packages: string;
  /** Packages that were fetched or uploaded, by their digest. */
  readonly cache: string;
  /** The credential of operators, mode 0600. */
  readonly operatorToken: string;
  /** The key from which the node's other keys are made, mode 0600. */
  readonly nodeKey: string;
  /** What the node is called among those that share a store. */
  readonly nodeId: string;
  /** The private key that signs what webhooks get, mode 0600. */
  readonly webhookKey: string;
  /** The private key that signs agent cards, mode 0600. */
  readonly cardKey: string;
  /** Tells the command line where the node is. */
  writeNodeFile(node: NodeFile): Promise<void>;
  /** Frees the folder for another process. */
  release(): Promise<void>;
}

export interface NodeFile {
  readonly pid: number;
  readonly url: string;
  /** For programs on this machine, which need no certificate there. */
  readonly innerUrl: string;
  readonly version: string;
}

/** The node's key in the folder. */
export const nodeKeyName = 'node.key';

/** The log's file in the folder. */
export const logFileName = 'log.sqlite';

/** Makes and locks the folder. DATA_FOLDER_LOCKED names the process that has it; CONFIG_INVALID: the folder cannot be used. */
export async function openDataFolder(path: string): Promise<DataFolder> {
  const lock = await makeAndLock(path);
  const nodeFile = join(path, 'node.json');
  return {
    path,
    storeFile: join(path, 'store.sqlite'),
    logFile: join(path, logFileName),
    blobs: join(path, 'blobs'),
    packages: join(path, 'packages'),
    cache: join(path, 'cache'),
    operatorToken: join(path, 'operator.token'),
    nodeKey: join(path, nodeKeyName),
    nodeId: join(path, 'node.id'),
    webhookKey: join(path, 'webhook.key'),
    cardKey: join(path, 'card.key'),
    async writeNodeFile(node) {
      await writeFile(`${nodeFile}.new`, `${JSON.stringify(node)}\n`, { mode: 0o600 });
      await rename(`${nodeFile}.new`, nodeFile);
    },
    async release() {
      await rm(nodeFile, { force: true });
      lock.release();
    },
  };
}

async function makeAndLock(path: string): Promise<FolderLock> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return lockFolder(path);
  } catch (cause) {
    if (cause instanceof ParleyError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    const advice = 'Choose another one with --data-folder, or let this user write there.';
    throw new ParleyError('CONFIG_INVALID', `The data folder ${path} cannot be used (${why}). ${advice}`, { cause });
  }
}
