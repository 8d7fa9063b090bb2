import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Clock, deferred, ParleyError, sleep } from '../../base/index.ts';
import type { Guard } from './guard.ts';
import { groupExists, groupRuns, signalGroup } from './process-table.ts';

const reapPatienceMs = 200;
const longestPollMs = 50;

export interface ProcessGroupOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing of the node's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  /** File descriptors 0, 1, 2, …; no other is open in the process. */
  readonly stdio: readonly ('pipe' | 'ignore')[];
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
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
  #isGone = false;

  private constructor(child: ChildProcess, pid: number, options: ProcessGroupOptions) {
    this.child = child;
    this.pid = pid;
    this.#clock = options.clock;
    options.guard.add(pid);
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
    const child = spawnDetached(options);
    if (child.pid === undefined) {
      const [cause] = await once(child, 'error');
      throw startFailure(options, cause);
    }
    return new ProcessGroup(child, child.pid, options);
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

  async #sweep(): Promise<void> {
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

function spawnDetached(options: ProcessGroupOptions): ChildProcess {
  try {
    return spawn(options.command, options.args, {
      cwd: options.cwd,
      env: options.environment,
      stdio: [...options.stdio],
      detached: true,
    });
  } catch (thrown) {
    throw startFailure(options, thrown);
  }
}

function startFailure(options: ProcessGroupOptions, cause: unknown): ParleyError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ParleyError('WORKER_START_FAILED', `${options.command} cannot be started in ${options.cwd}: ${reason}`, {
    cause,
  });
}
