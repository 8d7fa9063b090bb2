import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock, Component, Logger } from '../../base/index.ts';

const script = fileURLToPath(new URL('./guard.sh', import.meta.url));
const restartDelayMs = 100;

export interface GuardOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The one small process that outlives a killed node, just long enough to end the process groups it left behind.
 * It runs in a session of its own; when it dies it is started again and told all groups anew.
 */
export class Guard implements Component {
  readonly name = 'guard';
  readonly #options: GuardOptions;
  readonly #groups = new Set<number>();
  #child: ChildProcess | undefined;
  #stopping = false;

  constructor(options: GuardOptions) {
    this.#options = options;
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

  /** From here on the group ends with the node. The line has left this process when the call returns. */
  add(group: number): void {
    this.#groups.add(group);
    this.#child?.stdin?.write(`+${group}\n`);
  }

  /** The group is gone: its number may come to name something else. */
  remove(group: number): void {
    if (this.#groups.delete(group)) this.#child?.stdin?.write(`-${group}\n`);
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
    for (const group of this.#groups) child.stdin?.write(`+${group}\n`);
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
