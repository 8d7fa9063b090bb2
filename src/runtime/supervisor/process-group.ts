import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { type Clock, deferred, ParleyError, sleep } from '../../base/index.ts';
import { type Confinement, formatMegabytes } from './confinement.ts';
import type { Guard, Guarded } from './guard.ts';
import { markVariable } from './process-facts.ts';
import { groupExists, groupRuns, signalGroup } from './process-table.ts';

const reapPatienceMs = 200;
const longestPollMs = 50;
/** With a limit of processor time: others come first. */
const limitedPriority = 10;

export interface ProcessGroupOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment but for the mark by which descendants are known; nothing of the node's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** File descriptors 0, 1, 2, …; no other is open in the process. */
  readonly stdio: readonly ('pipe' | 'ignore')[];
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly confinement?: Confinement | undefined;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process that leads a group of its own, known to the guard from its first moment until the whole group is gone. */
export class ProcessGroup {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The leader has ended; what it left behind is being killed. */
  readonly exited: Promise<ProcessExit>;
  /** No process of the group is left. */
  readonly gone: Promise<void>;
  readonly #clock: Clock;
  readonly #guarded: Guarded;
  #isGone = false;
  #overMemory: string | undefined;

  private constructor({ child, pid, mark }: Spawned, options: ProcessGroupOptions) {
    const { confinement = {} } = options;
    const { uid, memoryBytes, cpus } = confinement;
    this.child = child;
    this.pid = pid;
    this.#clock = options.clock;
    const onOverMemory = (usedBytes: number): void => this.#onOverMemory(usedBytes, memoryBytes);
    this.#guarded = options.guard.add({ pid, mark, uid, memoryBytes, cpus, onOverMemory });
    const exit = deferred<ProcessExit>();
    child.once('exit', (code, signal) => exit.resolve({ code, signal }));
    child.on('error', () => {});
    this.exited = exit.promise;
    this.gone = this.exited
      .then(() => this.#sweep())
      .finally(() => {
        this.#isGone = true;
        options.guard.remove(pid);
      });
  }

  /** Starts the process, or throws WORKER_START_FAILED. */
  static async start(options: ProcessGroupOptions): Promise<ProcessGroup> {
    const mark = randomBytes(16).toString('hex');
    const child = spawnDetached(options, mark);
    if (child.pid === undefined) {
      const [cause] = await once(child, 'error');
      throw startFailure(options, cause);
    }
    if (options.confinement?.cpus !== undefined) lowerPriority(child.pid);
    return new ProcessGroup({ child, pid: child.pid, mark }, options);
  }

  /** Memory of all its processes together, as last sampled. */
  get usedBytes(): number | undefined {
    return this.#guarded.usedBytes;
  }

  /** Set when it was killed because it used too much memory: in words that go on after "it". */
  get overMemory(): string | undefined {
    return this.#overMemory;
  }

  /** Signals every process of the group; once it is gone, nobody: its number may name something else by then. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#isGone) signalGroup(this.pid, signal);
  }

  /** TERM, up to `graceMs`, then KILL. Resolves when the whole group is gone. */
  async end(graceMs: number): Promise<void> {
    this.signal('SIGTERM');
    // A stopped process handles TERM only once it goes on.
    this.signal('SIGCONT');
    const cancel = this.#clock.schedule(graceMs, () => this.signal('SIGKILL'));
    await this.gone;
    cancel();
  }

  #onOverMemory(usedBytes: number, limitBytes = 0): void {
    const [used, limit] = [usedBytes, limitBytes].map(formatMegabytes);
    this.#overMemory = `used ${used} of ${limit} of memory and was killed`;
    this.signal('SIGKILL');
    void this.#guarded.endAll();
  }

  /** Who left the group while it was waited for is found by its mark, its parent or its user. */
  async #sweep(): Promise<void> {
    await this.#sweepGroup();
    await this.#guarded.endAll();
  }

  async #sweepGroup(): Promise<void> {
    let waitedMs = 0;
    for (let delayMs = 1; groupExists(this.pid); delayMs = Math.min(longestPollMs, delayMs * 2)) {
      signalGroup(this.pid, 'SIGKILL');
      // Orphans that nobody reaps stay in the process table for ever; they run no more.
      if (waitedMs >= reapPatienceMs && !groupRuns(this.pid)) return;
      await sleep(this.#clock, delayMs);
      waitedMs += delayMs;
    }
  }
}

interface Spawned {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly mark: string;
}

function spawnDetached({ confinement = {}, ...options }: ProcessGroupOptions, mark: string): ChildProcess {
  const { uid, gid } = confinement;
  try {
    return spawn(options.command, options.args, {
      cwd: options.cwd,
      env: { ...options.environment, [markVariable]: mark },
      stdio: [...options.stdio],
      detached: true,
      ...(uid !== undefined && { uid }),
      ...(gid !== undefined && { gid }),
    });
  } catch (thrown) {
    throw startFailure(options, thrown);
  }
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, limitedPriority);
  } catch {
    // It has ended already.
  }
}

function startFailure(options: ProcessGroupOptions, cause: unknown): ParleyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ParleyError('WORKER_START_FAILED', `${options.command} cannot be started in ${options.cwd}: ${reason}`, {
    cause,
  });
}
