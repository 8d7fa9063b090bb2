import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  type ControlClient,
  createControlClient,
  type DeploymentView,
  type DeployRequest,
} from '../../src/control/index.ts';
import { findProcesses } from './process-table.ts';
import { projectFolder } from './project.ts';

export interface TestNodeOptions {
  /** Default: a new one, which is gone after `close`. */
  readonly dataFolder?: string;
  /** Default: the project's own. */
  readonly product?: string;
  /** What its configuration file says beside short times for workers. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** How its https address is called. */
  readonly tls?: { readonly ca: string };
  /** Further arguments of `up`. */
  readonly args?: readonly string[];
}

/** `parley up` in a process of its own. */
export interface TestNode {
  readonly url: string;
  readonly pid: number;
  /** The operator's. */
  readonly token: string;
  readonly dataFolder: string;
  /** As the operator. */
  readonly client: ControlClient;
  /** All that it has written to standard output and standard error. */
  output(): string;
  /** Resolves when all that `up` was given is healthy or has failed. */
  readonly ready: Promise<void>;
  /** kill -9; resolves when it is gone. Its workers may live a moment longer. */
  kill(): Promise<void>;
  /** Stops it in order, and fails when a process of it is left. */
  close(): Promise<void>;
}

/** Test files run at once, each in a process of its own: each has ports of its own for the deployments of its nodes. */
const firstPort = 20_000 + (process.pid % 250) * 100;
const ports = { first: firstPort, last: firstPort + 99 };
const workers = { drainGraceMs: 300, cancelGraceMs: 200, ports };

/** Starts a node on a free port and waits until it takes calls. It does not outlive the process of the test. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const dataFolder = options.dataFolder ?? (await createTestFolder());
  await mkdir(dataFolder, { recursive: true, mode: 0o700 });
  const { settings = {} } = options;
  await writeFile(join(dataFolder, 'config.yaml'), JSON.stringify({ workers, grpc: { port: 0 }, ...settings }));
  const program = startProgram(options.product ?? projectFolder, [
    'up',
    ...['--data-folder', dataFolder, '--port', '0', '-o', 'json'],
    ...(options.args ?? []),
  ]);
  const { node } = (await program.event('up')) as { node: { url: string; pid: number } };
  const token = (await readFile(join(dataFolder, 'operator.token'), 'utf8')).trim();
  const client = createControlClient({ url: node.url, token, tls: options.tls });
  const kill = async (): Promise<void> => {
    await client.close();
    program.child.kill('SIGKILL');
    await program.exited;
  };
  const close = async (): Promise<void> => {
    await client.close();
    await endProgram(program);
    const left = existsSync('/proc/self/environ') ? findProcesses(dataFolder) : [];
    if (options.dataFolder === undefined) await removeFolder(dataFolder);
    if (left.length > 0) throw new Error(`The node has ended, but not its processes ${left.join(', ')}.`);
  };
  const ready = program.event('ready').then(() => {});
  ready.catch(() => {});
  return { ...node, token, dataFolder, client, output: program.output, ready, kill, close };
}

/** A new folder for what a test writes. */
export function createTestFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'parley-test-'));
}

/** Removes a folder that processes may just have left. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Where a fixture package of the integration tests lies. */
export function fixtureAgent(name: string): string {
  return join(projectFolder, 'test', 'integration', 'agents', name);
}

/** Where an example lies. */
export function exampleAgent(name: string): string {
  return join(projectFolder, 'examples', name);
}

/** Deploys, and resolves with the deployment once it is healthy. */
export async function deployHealthy({ client }: TestNode, request: DeployRequest): Promise<DeploymentView> {
  const { id } = await client.deployments.deploy(request);
  return untilDeployment({ client }, id, ({ status, message }) => {
    if (status === 'failed') throw new Error(`${id} has failed: ${message}`);
    return status === 'healthy';
  });
}

/** Resolves with the deployment as soon as `holds` says so of it. */
export async function untilDeployment(
  { client }: Pick<TestNode, 'client'>,
  id: string,
  holds: (view: DeploymentView) => boolean,
): Promise<DeploymentView> {
  const stop = new AbortController();
  try {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(30_000)]);
    for await (const view of client.deployments.watch(id, signal)) if (holds(view)) return view;
  } finally {
    stop.abort();
  }
  throw new Error(`The node ended while deployment ${id} was waited for.`);
}

export interface FinishedProgram {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end. */
export async function runParley(...args: readonly string[]): Promise<FinishedProgram> {
  const { child, exited, stdout, stderr } = startProgram(projectFolder, args);
  await exited;
  return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
}

interface Program {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly output: () => string;
  /** The first line of JSON on standard output with that event. */
  event(name: string): Promise<unknown>;
}

function startProgram(product: string, args: readonly string[]): Program {
  const child = spawn(process.execPath, [join(product, 'bin', 'parley.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PARLEY_DATA: undefined, PARLEY_URL: undefined, PARLEY_TOKEN: undefined },
  });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  const exited = once(child, 'close').then(() => process.off('exit', end));
  const lines: string[] = [];
  const errors: string[] = [];
  const stdout = (): string => lines.join('\n');
  const stderr = (): string => errors.join('\n');
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    child.emit('line', line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const event = (name: string): Promise<unknown> => findEvent(child, lines, name, stderr);
  return { child, exited, stdout, stderr, output: () => `${stdout()}\n${stderr()}`, event };
}

function findEvent(
  child: ChildProcess,
  lines: readonly string[],
  name: string,
  stderr: () => string,
): Promise<unknown> {
  const matches = (line: string): boolean => line.startsWith(`{"event":"${name}"`);
  const early = lines.find(matches);
  if (early !== undefined) return Promise.resolve(JSON.parse(early));
  return new Promise((resolve, reject) => {
    child.on('line', (line: string) => matches(line) && resolve(JSON.parse(line)));
    child.once('close', () => reject(new Error(`The node ended before it said "${name}": ${stderr()}`)));
  });
}

async function endProgram({ child, exited }: Program): Promise<void> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exited;
  clearTimeout(force);
}
