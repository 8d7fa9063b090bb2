import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createShortId, isSystemError, ParleyError } from '../../base/index.ts';

/** Kernels take 104 to 108 bytes for the path of a socket. */
const maxPathBytes = 100;
const socketName = 'http.sock';

/** A folder for the socket of one worker process. */
export interface SocketFolder {
  readonly socketPath: string;
  /** Never rejects. */
  remove(): Promise<void>;
}

/** Folders of sockets of one node: short paths outside of the data folder, which another user's worker could not enter. */
export interface SocketFolders {
  /** A new one with mode 0700; `owner` is the worker's user, when it is not the node's. */
  open(owner: { readonly uid?: number; readonly gid?: number }): Promise<SocketFolder>;
  /** Takes away what an earlier run of this node has left. */
  sweep(): Promise<void>;
  /** Takes away all of it. */
  close(): Promise<void>;
}

/** `key` tells the nodes of one machine apart, such as the path of what only one of them can use. */
export function createSocketFolders(key: string): SocketFolders {
  const name = `parley-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`;
  let root: Promise<string> | undefined;
  const settle = (): Promise<string> => {
    root ??= settleRoot(name);
    return root;
  };
  return {
    async open(owner) {
      const folder = join(await settle(), createShortId());
      await mkdir(folder, { mode: 0o700 });
      if (owner.uid !== undefined) await chown(folder, owner.uid, owner.gid ?? owner.uid);
      const remove = (): Promise<void> => rm(folder, { recursive: true, force: true }).catch(() => {});
      return { socketPath: join(folder, socketName), remove };
    },
    async sweep() {
      const left = join(shortTemporaryFolder(name), name);
      if (await isOurs(left)) await rm(left, { recursive: true, force: true });
    },
    async close() {
      const folder = await root?.catch(() => undefined);
      root = undefined;
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The node's folder, by its own name; by another one when somebody else has taken that name. */
async function settleRoot(name: string): Promise<string> {
  const parent = shortTemporaryFolder(name);
  const own = join(parent, name);
  try {
    await mkdir(own, { mode: 0o700 });
  } catch (thrown) {
    if (!isSystemError(thrown, 'EEXIST')) throw unusable(own, thrown);
    if (!(await isOurs(own))) return openToWorkers(await mkdtemp(`${own}-`));
  }
  return openToWorkers(own);
}

/** Workers of other users pass through, and see nothing. */
async function openToWorkers(folder: string): Promise<string> {
  await chmod(folder, 0o711);
  return folder;
}

async function isOurs(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.();
}

/** The system's folder for temporary files, unless paths in it get too long. */
function shortTemporaryFolder(name: string): string {
  const longest = join(tmpdir(), `${name}-XXXXXX`, createShortId(), socketName);
  return Buffer.byteLength(longest) < maxPathBytes ? tmpdir() : '/tmp';
}

function unusable(folder: string, cause: unknown): ParleyError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The folder ${folder} for sockets of workers cannot be made: ${why}. Let TMPDIR name a folder that can be written.`;
  return new ParleyError('WORKER_START_FAILED', message, { cause });
}
