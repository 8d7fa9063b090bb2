import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectFolder } from '../support/project.ts';
import { waitUntil } from '../support/wait-until.ts';

/** `parley up` in a process of its own. */
export interface NodeProgram {
  readonly pid: number;
  /** Resolves once calls are admitted. */
  readonly up: Promise<string>;
  /** Resolves with each agent's status when all have become healthy or have failed. */
  readonly ready: Promise<Readonly<Record<string, string>>>;
  readonly exited: Promise<unknown>;
  /** kill -9; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface NodeProgramOptions {
  readonly dataFolder: string;
  /** Package folders. */
  readonly deploy: readonly string[];
  /** Of the Node that runs it. */
  readonly nodeArgs?: readonly string[];
}

/** Starts the program on a free port. It does not outlive the process of the test. */
export function startNodeProgram({ dataFolder, deploy, nodeArgs = [] }: NodeProgramOptions): NodeProgram {
  const program = join(projectFolder, 'bin', 'parley.js');
  const args = ['up', '--data-folder', dataFolder, '--port', '0', '-o', 'json'];
  const packages = deploy.flatMap((path) => ['--deploy', path]);
  const child = spawn(process.execPath, [...nodeArgs, program, ...args, ...packages], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const end = (): boolean => child.kill('SIGKILL');
  process.once('exit', end);
  const exited = once(child, 'exit').then(() => process.off('exit', end));
  const kill = async (): Promise<void> => {
    end();
    await exited;
  };
  return { pid: child.pid ?? 0, exited, kill, ...readEvents(child) };
}

function readEvents(child: ChildProcess): Pick<NodeProgram, 'up' | 'ready'> {
  const up = Promise.withResolvers<string>();
  const ready = Promise.withResolvers<Readonly<Record<string, string>>>();
  const ended = new Error('The node ended before it was there.');
  for (const { promise } of [up, ready]) promise.catch(() => {});
  child.once('exit', () => {
    up.reject(ended);
    ready.reject(ended);
  });
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { event, node, agents } = JSON.parse(line);
      if (event === 'up') up.resolve(node.url);
      if (event === 'ready') ready.resolve(statuses(agents));
    });
  }
  return { up: up.promise, ready: ready.promise };
}

function statuses(agents: readonly { readonly id: string; readonly status: string }[]): Record<string, string> {
  return Object.fromEntries(agents.map(({ id, status }) => [id, status]));
}

/** Resident memory of a process, in MB (10⁶ bytes). Linux. */
export function residentMb(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kilobytes) * 1_024) / 1e6;
}

/** Resolves when none of the processes runs any more; one that only waits to be reaped does not. */
export function untilGone(pids: readonly number[]): Promise<void> {
  return waitUntil(`processes ${pids.join(', ')} end`, () => !pids.some(runs), 10_000);
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !['Z', 'X'].includes(stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3));
  } catch (thrown) {
    // Where there is no /proc, the signal's answer counts.
    return thrown instanceof Error && 'path' in thrown && process.platform !== 'linux';
  }
}
