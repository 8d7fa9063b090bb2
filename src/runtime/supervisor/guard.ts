import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock, Component, Logger } from '../../base/index.ts';
import { ProcessWatch, type WatchedFamily } from './process-watch.ts';

const script = fileURLToPath(new URL('./guard.sh', import.meta.url));
/** Before a guard process that died is started again. */
export const restartDelayMs = 100;

export interface GuardOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A process group that the guard knows. */
export interface Guarded {
  /** Memory of all its processes together, as last sampled. */
  readonly usedBytes: number | undefined;
  /** Kills what belongs to it, also what left the group, and resolves when none of that runs. */
  endAll(): Promise<void>;
}

/**
 * Knows every process group of the node and what belongs to it. One small process of it outlives a killed node, just long
 * enough to end what was left behind: it runs in a session of its own; when it dies it is started again and told all anew.
 */
export class Guard implements Component {
  readonly name = 'guard';
  readonly #options: GuardOptions;
  readonly #watch: ProcessWatch;
  readonly #families = new Map<number, WatchedFamily>();
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#watch = new ProcessWatch(options.clock);
  }

  /** The guard's own process id, while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async start(): Promise<void> {
    this.#stopping = false;
    const child = this.#launch();
    if (child.pid === undefined) await once(child, 'spawn');
  }

  /** From here on the group ends with the node, and is watched. The line has left this process when the call returns. */
  add(family: WatchedFamily): Guarded {
    const { pid } = family;
    this.#families.set(pid, family);
    this.#child?.stdin?.write(formatLine(family));
    const watch = this.#watch;
    watch.add(family);
    return {
      get usedBytes() {
        return watch.usedBytesOf(pid);
      },
      endAll: () => watch.endAll(pid),
    };
  }

  /** The group is gone: its number may come to name something else. */
  remove(pid: number): void {
    this.#watch.remove(pid);
    if (this.#families.delete(pid)) this.#child?.stdin?.write(`- ${pid}\n`);
  }

  /** Ends what is still registered, then the guard. */
  async stop(): Promise<void> {
    this.#stopping = true;
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null) return;
    child.stdin?.end();
    await once(child, 'exit');
  }

  #launch(): ChildProcess {
    const child = spawn('/bin/sh', [script], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
      cwd: '/',
    });
    this.#child = child;
    child.stdin?.on('error', () => {});
    child.on('error', (cause) => this.#options.logger.error('The guard process cannot be started.', { cause }));
    child.once('exit', () => this.#onExit(child));
    for (const family of this.#families.values()) child.stdin?.write(formatLine(family));
    return child;
  }

  #onExit(child: ChildProcess): void {
    if (this.#stopping || this.#child !== child) return;
    this.#child = undefined;
    this.#options.logger.warn('The guard process died and is started again.');
    this.#options.clock.schedule(restartDelayMs, () => {
      if (!this.#stopping) this.#launch();
    });
  }
}

function formatLine({ pid, mark, uid }: WatchedFamily): string {
  return `+ ${pid} ${mark} ${uid ?? '-'}\n`;
}
