import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Subject, startProgram, stopProgram, waitFor } from './subject.ts';

const program = fileURLToPath(new URL('../../bin/parley.js', import.meta.url));
const agent = fileURLToPath(new URL('../agents/echo', import.meta.url));

export interface ParleySubject extends Subject {
  /** Of the front door, without a path. */
  readonly origin: string;
  readonly dataFolder: string;
  /** Calls a route of `/api/v1` as the operator; the answer's JSON. Throws when it is not a success. */
  operate(method: string, path: string, body?: unknown): Promise<unknown>;
}

interface NodeFile {
  readonly url: string;
  readonly pid: number;
  readonly token?: string;
}

/** Starts a node on a free port and an own data folder, by default with the echo agent, and waits until that is healthy. */
export async function startParley(packages: readonly string[] = [agent]): Promise<ParleySubject> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
  const child = startProgram([program, 'up', '--data-folder', dataFolder, '--port', '0', ...packages]);
  child.stdout?.resume();
  const node = await waitFor('node.json', () => readNodeFile(dataFolder));
  const origin = node.url.replace(/\/$/, '');
  const operate = createOperator(origin, node.token ?? '');
  for (const name of packages.map(() => 'bench-echo')) await waitForHealth(origin, name);
  return {
    name: 'parley',
    url: `${origin}/a2a/bench-echo`,
    pid: node.pid,
    origin,
    dataFolder,
    operate,
    async stop() {
      await stopProgram(child);
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

/** Waits until an agent of that id is healthy. */
export async function waitForHealth(origin: string, agentId: string): Promise<void> {
  await waitFor(`agent ${agentId} to be healthy`, async () => {
    const answer = await fetch(`${origin}/agents`);
    const { agents } = (await answer.json()) as { agents: readonly { id: string; status: string }[] };
    return agents.some((listed) => listed.id === agentId && listed.status === 'healthy') || undefined;
  });
}

async function readNodeFile(dataFolder: string): Promise<NodeFile | undefined> {
  const path = join(dataFolder, 'node.json');
  return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as NodeFile) : undefined;
}

function createOperator(origin: string, token: string): ParleySubject['operate'] {
  return async (method, path, body) => {
    const answer = await fetch(`${origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
}
