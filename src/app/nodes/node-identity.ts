import { randomBytes } from 'node:crypto';
import { open, readFile, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { isSystemError } from '../../base/index.ts';
import { loadOrCreateSecret } from '../../security/index.ts';

/** Who a node is, from one start to the next. */
export interface NodeIdentity {
  readonly id: string;
  /** Names this run of the node as the holder of its lease. */
  readonly holder: string;
  /** The run before, which is over: the data folder is locked by this one. */
  readonly previousHolder: string | undefined;
}

/** Reads the node's id from the folder (or takes the one that is set), and writes down the run that begins. */
export async function openNodeIdentity(idFile: string, chosenId: string | undefined): Promise<NodeIdentity> {
  const id = chosenId ?? (await loadOrCreateSecret(idFile, createNodeId));
  const holderFile = `${idFile}.holder`;
  const previousHolder = await readFile(holderFile, 'utf8').catch((thrown: unknown) => {
    if (isSystemError(thrown, 'ENOENT')) return undefined;
    throw thrown;
  });
  const holder = `${id}/${hostname()}/${process.pid}/${randomBytes(6).toString('hex')}`;
  await writeWhole(holderFile, holder);
  return { id, holder, previousHolder };
}

function createNodeId(): string {
  return `node-${randomBytes(4).toString('hex')}`;
}

async function writeWhole(file: string, text: string): Promise<void> {
  {
    await using handle = await open(`${file}.new`, 'w', 0o600);
    await handle.writeFile(text);
    await handle.sync();
  }
  await rename(`${file}.new`, file);
}
