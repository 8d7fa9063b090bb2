import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ExecutionEvent, Invocation } from '../../src/agents/index.ts';
import { type Component, silentLogger, silentTelemetry, systemClock } from '../../src/base/index.ts';
import { createRegistry, type Registry } from '../../src/registry/index.ts';
import {
  createRuntime,
  type DeploymentChanges,
  type DeploymentView,
  type LocalSource,
  type PackageLibrary,
  type Runtime,
  type RuntimeOptions,
} from '../../src/runtime/index.ts';
import { createSealer, createWorkerCredentials } from '../../src/security/index.ts';
import type { Commit, Store } from '../../src/store/index.ts';

const key = 'a key of the tests, long enough to be one';

/** The part of a store that deployments need, in one file that is replaced with every commit: it survives kill -9. */
export function createFileStore(path: string, committed: (commit: Commit) => void = () => {}): Store {
  const read = (): Record<string, { value: string; sort: string }> =>
    existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const commit = async (change: Commit): Promise<void> => {
    const documents = read();
    for (const { value, indexes } of change.documents ?? []) {
      if (value === undefined) delete documents[change.key];
      else documents[change.key] = { value, sort: indexes?.['all']?.sort ?? '' };
    }
    writeFileSync(`${path}.new`, JSON.stringify(documents));
    renameSync(`${path}.new`, path);
    committed(change);
  };
  const find = async () => {
    const documents = Object.entries(read()).sort(([, a], [, b]) => (a.sort < b.sort ? -1 : 1));
    return { documents: documents.map(([key, { value }]) => ({ key, value })) };
  };
  return { commit, find } as unknown as Store;
}

export interface TestNode {
  readonly runtime: Runtime;
  readonly changes: DeploymentChanges;
  readonly packages: PackageLibrary;
  readonly component: Component;
  readonly registry: Registry;
}

/** A runtime whose state lies in `folder`, with short times. */
export async function startNode(folder: string, options: Partial<RuntimeOptions> = {}): Promise<TestNode> {
  const registry = createRegistry();
  const { runtime, changes, packages, component } = createRuntime({
    store: createFileStore(join(folder, 'store.json')),
    registry,
    packagesFolder: join(folder, 'packages'),
    workerCredentials: createWorkerCredentials(key),
    sealer: createSealer(key),
    fabricUrl: () => 'http://127.0.0.1:1',
    interpreters: { node: process.execPath, python: 'python3' },
    passEnv: [],
    nodeEnvironment: process.env,
    clock: systemClock,
    logger: silentLogger,
    telemetry: silentTelemetry,
    restart: { delayMs: 10 },
    ...options,
  });
  await component.start();
  return { runtime, changes, packages, component, registry };
}

/** Resolves with the deployment as soon as `done` says so of it. */
export function until(runtime: Runtime, id: string, done: (view: DeploymentView) => boolean): Promise<DeploymentView> {
  return new Promise((resolve) => {
    const check = (): void => {
      const view = runtime.get(id);
      if (!done(view)) return;
      stop();
      resolve(view);
    };
    const stop = runtime.watch(check);
    check();
  });
}

export function untilHealthy(runtime: Runtime, id: string): Promise<DeploymentView> {
  return until(runtime, id, ({ status }) => status === 'healthy');
}

let calls = 0;

export function createInvocation(agentId: string, skill: string, change: Partial<Invocation> = {}): Invocation {
  return {
    id: `call-${++calls}`,
    agentId,
    skill,
    parts: [],
    task: undefined,
    caller: { id: 'anonymous', roles: [], path: [] },
    callToken: 'token',
    deadlineAtMs: undefined,
    signal: new AbortController().signal,
    answers: (async function* () {})(),
    trace: { correlationId: 'correlation' },
    ...change,
  };
}

/** Calls the agent by way of the registry; the events as they come. */
export async function* execute(
  { registry }: Pick<TestNode, 'registry'>,
  invocation: Invocation,
): AsyncGenerator<ExecutionEvent> {
  const slot = registry.select(invocation.agentId);
  if (slot === undefined) throw new Error(`${invocation.agentId} takes no calls`);
  try {
    yield* slot.endpoint.executor.execute(invocation);
  } finally {
    slot.release();
  }
}

/** All events of one call. */
export async function call(
  node: Pick<TestNode, 'registry'>,
  agentId: string,
  skill: string,
  change: Partial<Invocation> = {},
): Promise<ExecutionEvent[]> {
  const events: ExecutionEvent[] = [];
  for await (const event of execute(node, createInvocation(agentId, skill, change))) events.push(event);
  return events;
}

/** Takes what is to be done after a test. */
export type After = (clean: () => unknown) => void;

/** After the test: the last that was given first, each even when one before it failed. */
export function createAfter(t: TestContext): After {
  const cleans: (() => unknown)[] = [];
  const run = async (clean: () => unknown): Promise<void> => void (await clean());
  t.after(async () => {
    for (const clean of cleans.reverse()) await run(clean).catch((thrown: unknown) => t.diagnostic(String(thrown)));
  });
  return (clean) => cleans.push(clean);
}

/** A folder that is gone after the test. */
export async function createFolder(after: After): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-runtime-'));
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A package folder with these files. */
export async function writePackage(
  folder: string,
  name: string,
  files: Readonly<Record<string, string>>,
): Promise<LocalSource> {
  const path = join(folder, name);
  await mkdir(path, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(path, file), text);
  return { kind: 'folder', path };
}

/** A process that has reported itself; `gone` resolves when the kernel has closed its files. */
export interface Present {
  readonly pid: number;
  readonly gone: Promise<unknown>;
}

export interface Presence {
  readonly path: string;
  /** The next process that reports itself in this role, or one that has done so and was not asked for. */
  next(role: string): Promise<Present>;
  close(): void;
}

/** Where processes report themselves: a connection lives exactly as long as its process. */
export async function openPresence(folder: string): Promise<Presence> {
  const path = join(folder, 'presence');
  const waiting = new Map<string, ((present: Present) => void)[]>();
  const present = new Map<string, Present[]>();
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.once('data', (chunk) => {
      const [role = '', pid] = chunk.toString().trim().split(' ');
      const arrival = { pid: Number(pid), gone: once(socket, 'close') };
      const [first] = waiting.get(role)?.splice(0, 1) ?? [];
      if (first) first(arrival);
      else present.set(role, [...(present.get(role) ?? []), arrival]);
    });
    socket.resume();
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    next: (role) => {
      const [first] = present.get(role)?.splice(0, 1) ?? [];
      if (first) return Promise.resolve(first);
      return new Promise((resolve) => waiting.set(role, [...(waiting.get(role) ?? []), resolve]));
    },
    close: () => server.close(),
  };
}

/** A Node package whose skills misbehave; each process reports itself by name, and its child as `child`. */
export const wildAgent: Readonly<Record<string, string>> = {
  'agent.yaml': [
    'name: wild',
    'version: 1.0.0',
    'runtime: node24',
    'exports:',
    ...[
      'echo',
      'die',
      'freeze',
      'loop',
      'garbage',
      'hang',
      'stubborn',
      'wait',
      'chunks',
      'environment',
      'files',
    ].flatMap((name) => [`  - name: ${name}`, '    type: function', `    handler: agent.${name}`]),
    '',
  ].join('\n'),
  'agent.js': `
import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync, writeSync } from 'node:fs';
import { connect } from 'node:net';

const presence = process.env.PRESENCE;
const report = "require('net').connect(process.env.PRESENCE, function () { this.write('child ' + process.pid + '\\\\n') })";
if (presence) connect(presence, function () { this.write('worker ' + process.pid + '\\n'); }).on('error', () => {});

export const echo = (input) => input;
export const die = () => process.kill(process.pid, 'SIGKILL');
export const freeze = () => process.kill(process.pid, 'SIGSTOP');
export const loop = () => { for (;;); };
export const garbage = () => { writeSync(3, Buffer.alloc(64, 0xff)); return new Promise(() => {}); };
export const hang = () => new Promise(() => {});
export const environment = () => process.env;
export const files = () => readdirSync('/proc/self/fd').map((fd) => {
  try { return fd + ' ' + readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
});
export function stubborn() {
  process.on('SIGTERM', () => {});
  const code = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); " + report;
  spawn(process.execPath, ['-e', code], { stdio: 'ignore' });
  return 'stubborn now';
}
export const wait = (input, context) => new Promise((resolve, reject) => {
  context.status('waiting');
  context.signal.addEventListener('abort', () => reject(context.signal.reason));
});
export async function* chunks(input) {
  for (let index = 0; index < input.count; index++) yield 'x'.repeat(input.size);
}
`,
};
