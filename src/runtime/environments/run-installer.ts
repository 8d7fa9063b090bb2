import { once } from 'node:events';
import { type Clock, sleep } from '../../base/index.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import type { Guard } from '../supervisor/guard.ts';
import { createLineSplitter } from '../supervisor/line-splitter.ts';
import { type ProcessExit, ProcessGroup } from '../supervisor/process-group.ts';

/** What an installer is run with; the same for all of one runtime. */
export interface InstallerHost {
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** What its processes may use together. */
  readonly memoryBytes: number;
  /** Of what holds it in its place, the user and the processor time count. */
  readonly confinement?: Confinement;
  /** The whole environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it; the node stops. */
  readonly signal: AbortSignal;
}

export interface InstallerCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
}

export interface InstallerEnd {
  /** It ended with code 0. */
  readonly good: boolean;
  /** Why it ended, in words. */
  readonly why: string;
  /** The last lines of what it wrote. */
  readonly lines: readonly string[];
}

const keptLines = 40;
const maxLines = 2_000;
const graceMs = 2_000;
const outputPatienceMs = 500;

/**
 * Runs pip or npm like a worker: in a process group of its own that ends with the node, with a bounded output and a time limit.
 * Resolves when no process of it is left. Throws WORKER_START_FAILED when the command cannot be started.
 */
export async function runInstaller(host: InstallerHost, request: InstallerCommand): Promise<InstallerEnd> {
  const { guard, clock, environment, memoryBytes } = host;
  const { command, args, cwd, variables } = request;
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const group = await ProcessGroup.start({
    ...{ command, args, cwd, stdio, guard, clock },
    environment: { ...environment, ...variables },
    confinement: { ...host.confinement, memoryBytes },
  });
  const closed = once(group.child, 'close');
  const lines = collectLines(group, request.onLine);
  const stopped = watch(group, host);
  const exit = await group.exited;
  await group.gone;
  await Promise.race([closed, sleep(clock, outputPatienceMs)]);
  const overMemory = group.overMemory && `it ${group.overMemory}`;
  const why = stopped() ?? overMemory ?? describeExit(exit);
  return { good: exit.code === 0, why, lines };
}

function describeExit({ code, signal }: ProcessExit): string {
  return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
}

/** Ends the group when its time is over or the node stops; what it returns says why, and ends the watch. */
function watch(group: ProcessGroup, { clock, timeoutMs, signal }: InstallerHost): () => string | undefined {
  let why: string | undefined;
  const stop = (reason: string): void => {
    why ??= reason;
    void group.end(graceMs);
  };
  const onAbort = (): void => stop('the node stops');
  const cancel = clock.schedule(timeoutMs, () => stop(`it took longer than ${timeoutMs / 1_000} s`));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return () => {
    cancel();
    signal.removeEventListener('abort', onAbort);
    return why;
  };
}

function collectLines(group: ProcessGroup, onLine: (line: string) => void): readonly string[] {
  const kept: string[] = [];
  let count = 0;
  for (const stream of [group.child.stdout, group.child.stderr]) {
    const splitter = createLineSplitter((line) => {
      if (line.trim() === '') return;
      if (kept.push(line) > keptLines) kept.shift();
      if (++count <= maxLines) onLine(line);
    });
    stream?.on('data', splitter.push);
    stream?.on('close', splitter.end);
  }
  return kept;
}
