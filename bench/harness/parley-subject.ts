import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ControlClient, createControlClient } from '../../src/control/index.ts';
import { type Subject, startProgram, stopProgram, waitFor } from './subject.ts';

const program = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));

/** The folder of a package under bench/agents. */
export function benchAgent(name: string): string {
  return fileURLToPath(new URL(`../agents/${name}`, import.meta.url));
}

export interface ParleySubject extends Subject {
  readonly dataFolder: string;
  /** The operator's. */
  readonly token: string;
  /** As the operator. */
  readonly client: ControlClient;
  /** Where JSON-RPC for one agent is posted. */
  urlOf(agentId: string): string;
}

/** Starts a node without agents on a free port and a data folder of its own, and waits until it takes calls. */
export async function startNode(settings?: object): Promise<ParleySubject> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  if (settings !== undefined) await writeFile(join(dataFolder, 'config.yaml'), JSON.stringify(settings));
  const child = startProgram([program, 'up', '--data-folder', dataFolder, '--port', '0']);
  child.stdout?.resume();
  const { url, pid } = await waitFor('node.json', () => readNodeFile(dataFolder), 20_000);
  const token = (await readFile(join(dataFolder, 'operator.token'), 'utf8')).trim();
  const client = createControlClient({ url, token });
  await waitFor('the node to be ready', () => client.node.status());
  const urlOf = (agentId: string): string => `${url}/a2a/${agentId}`;
  return {
    name: 'parley',
    url: urlOf('bench-echo'),
    pid,
    dataFolder,
    token,
    client,
    urlOf,
    async stop() {
      await client.close();
      await stopProgram(child);
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** A node with the echo agent, healthy. */
export async function startParley(settings?: object): Promise<ParleySubject> {
  const node = await startNode(settings);
  await deployAndWait(node.client, { kind: 'folder', path: benchAgent('echo') });
  return node;
}

type Source = Parameters<ControlClient['deployments']['deploy']>[0]['source'];

/** Deploys and resolves as soon as the deployment is healthy; throws what it says when it fails. */
export async function deployAndWait(client: ControlClient, source: Source, agentId?: string): Promise<void> {
  const { id } = await client.deployments.deploy({ source, ...(agentId !== undefined && { agentId }) });
  for await (const view of client.deployments.watch(id, AbortSignal.timeout(60_000))) {
    if (view.status === 'healthy') return;
    if (view.status === 'failed') throw new Error(`${id} has failed: ${view.message}`);
  }
}

async function readNodeFile(dataFolder: string): Promise<{ url: string; pid: number }> {
  return JSON.parse(await readFile(join(dataFolder, 'node.json'), 'utf8')) as { url: string; pid: number };
}
