import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode, ParleyError } from '../../base/index.ts';
import { type ControlClient, createControlClient } from '../../control/index.ts';
import type { NodeAccess } from '../discovery.ts';

/** The node that a folder is tried on. */
export interface DevNode {
  readonly url: string;
  readonly client: ControlClient;
  /** It was started for this, and ends with it. */
  readonly own: boolean;
  close(): Promise<void>;
}

export interface DevNodeOptions {
  /** The node to use when it is there. */
  readonly access: NodeAccess;
  /** Of a node of its own; set: no other is asked. */
  readonly port: number | undefined;
  /** False: the node was named and must be there. */
  readonly mayStart: boolean;
  /** The node was told to stop. */
  readonly onShutdown: () => void;
}

const defaultPort = 8000;
const stopGraceMs = 10_000;

/** The running node, or one in this process, whose data is gone when it closes. UNREACHABLE when it may not be started. */
export async function openDevNode(options: DevNodeOptions): Promise<DevNode> {
  if (options.port !== undefined) return startOwn(options.port, options);
  const client = createControlClient(options.access);
  try {
    const { url } = await client.node.status();
    return { url, client, own: false, close: () => client.close() };
  } catch (thrown) {
    await client.close();
    if (!hasCode(thrown, 'UNREACHABLE') || !options.mayStart) throw ParleyError.from(thrown);
  }
  return startOwn(defaultPort, options);
}

async function startOwn(port: number, { onShutdown }: DevNodeOptions): Promise<DevNode> {
  // Loaded only here, so that the other commands start at once.
  const { resolveConfig, startNode } = await import('../../app/index.ts');
  const dataFolder = await mkdtemp(join(tmpdir(), 'parley-dev-'));
  const remove = (): Promise<void> => rm(dataFolder, { recursive: true, force: true });
  const config = resolveConfig({ flags: { dataFolder, port }, environment: process.env });
  const node = await startNode({ config, environment: process.env, onShutdown }).catch(async (thrown: unknown) => {
    await remove();
    throw ParleyError.from(thrown);
  });
  const token = (await readFile(join(dataFolder, 'operator.token'), 'utf8')).trim();
  const client = createControlClient({ url: node.url, token });
  const close = async (): Promise<void> => {
    await client.close();
    await node.stop(AbortSignal.timeout(stopGraceMs));
    await remove();
  };
  return { url: node.url, client, own: true, close };
}
