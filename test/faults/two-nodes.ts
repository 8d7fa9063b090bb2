import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { createTestFolder, deployHealthy, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type After, createAfter, writePackage } from './runtime-fixture.ts';

/** Short, so that a takeover does not take long. */
export const leaseMs = 3_000;

export interface NodeOptions {
  readonly fabricKey?: string;
  /** Default: a new one. */
  readonly dataFolder?: string;
  /** Beside those of the fabric. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Nodes on one real Redis, each `parley up` in a process, a folder and on ports of its own. */
export interface Fabric {
  readonly redis: TestRedis;
  start(id: string, options?: NodeOptions): Promise<TestNode>;
  /** Packages of the agents `once` and `again` (idempotent), which take one call at a time. */
  readonly agents: { readonly once: string; readonly again: string };
  /** Lines that the agents have written, oldest first. */
  notes(): readonly Note[];
  /** Lets the work behind that gate go on. */
  open(gate: string): void;
  gate(name: string): string;
}

/** What an agent has written down: `begin` before it works, `end` behind it, `stop` when it was cancelled. */
export interface Note {
  readonly what: 'begin' | 'end' | 'stop';
  readonly agent: string;
  readonly task: string;
  readonly invocation: string;
  readonly pid: number;
}

const fabricKey = 'the-key-that-all-nodes-of-this-test-share';

/** A Redis and what the nodes of a test need; all ends with the test. */
export async function createFabric(t: TestContext): Promise<Fabric> {
  const after = createAfter(t);
  const folder = await createTestFolder();
  after(() => removeFolder(folder));
  const redis = await startRedis({ after });
  const notes = join(folder, 'notes.jsonl');
  // Where the node is root, its workers are other users.
  writeFileSync(notes, '');
  chmodSync(notes, 0o666);
  chmodSync(folder, 0o711);
  const agents = {
    once: (await writePackage(folder, 'once', agentFiles('once', false, notes))).path,
    again: (await writePackage(folder, 'again', agentFiles('again', true, notes))).path,
  };
  return {
    redis,
    agents,
    start: (id, options) => startNode(after, { redis, id, ...options }),
    notes: () => readNotes(notes),
    gate: (name) => join(folder, `${name}.gate`),
    open: (name) => writeFileSync(join(folder, `${name}.gate`), ''),
  };
}

interface NodePlan extends NodeOptions {
  readonly redis: TestRedis;
  readonly id: string;
}

async function startNode(
  after: After,
  { redis, id, fabricKey: key = fabricKey, dataFolder, settings: more }: NodePlan,
) {
  const push = { allowHosts: ['127.0.0.0/8'] };
  const settings = {
    store: { url: redis.url },
    node: { id, leaseMs },
    fabric: { key },
    push,
    log: { level: 'info' },
    ...more,
  };
  const node = await startTestNode({ settings, ...(dataFolder !== undefined && { dataFolder }) });
  after(() => node.close().catch(() => node.kill()));
  return node;
}

/** Deploys the agent on each of the nodes. */
export async function deployOn(path: string, ...nodes: readonly TestNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => deployHealthy(node, { source: { kind: 'folder', path } })));
}

/** Resolves when the node answers for the agent, wherever that runs. */
export async function untilKnown(node: TestNode, agentId: string): Promise<void> {
  await waitUntil(`${node.url} knows ${agentId}`, async () => {
    const { agents } = (await (await fetch(`${node.url}/agents`)).json()) as { agents: { id: string }[] };
    return agents.some(({ id }) => id === agentId);
  });
}

/** Resolves with the note, once the agent has written it. */
export async function untilNoted(fabric: Fabric, what: Note['what'], task: string): Promise<Note> {
  const find = (): Note | undefined => fabric.notes().find((note) => note.what === what && note.task === task);
  await waitUntil(`${what} of task ${task} is noted`, () => find() !== undefined);
  return find() as Note;
}

function readNotes(file: string): readonly Note[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Note);
}

function agentFiles(agent: string, idempotent: boolean, notes: string): Readonly<Record<string, string>> {
  const manifest = `
name: ${agent}
version: 1.0.0
runtime: node24
idempotent: ${idempotent}
concurrency: 1
exports:
  - { name: work, handler: agent.work }
  - { name: ask, handler: agent.ask }
`;
  const code = `
import { appendFileSync, existsSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

function note(what, { invocationId, task }) {
  const line = { what, agent: '${agent}', task: task.id, invocation: invocationId, pid: process.pid };
  appendFileSync(${JSON.stringify(notes)}, JSON.stringify(line) + '\\n');
}

export async function work({ gate, chunks = 0 }, context) {
  note('begin', context);
  context.signal.addEventListener('abort', () => note('stop', context));
  for (let index = 0; index < chunks; index++) {
    await context.artifact({ artifactId: 'out', text: index + ' ', append: index > 0 });
  }
  while (gate && !existsSync(gate)) await setTimeout(10, undefined, { signal: context.signal });
  note('end', context);
  return 'done';
}

export async function ask(input, context) {
  note('begin', context);
  const answer = await context.ask('Which colour?');
  note('end', context);
  return answer;
}
`;
  return { 'agent.yaml': manifest, 'agent.js': code };
}
