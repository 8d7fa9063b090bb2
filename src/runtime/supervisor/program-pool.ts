import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { AgentExecutor } from '../../agents/index.ts';
import { type Clock, ParleyError, sleep } from '../../base/index.ts';
import type { WorkerView } from '../deployments/model.ts';
import { createProgramExecutor, type ProgramLaunch } from '../executor/program-executor.ts';
import type { Guard } from './guard.ts';
import type { LogRing } from './log-ring.ts';
import type { WorkerSettings } from './worker-settings.ts';
import type { Workforce, WorkforceReport } from './workforce.ts';

export interface ProgramPoolOptions {
  readonly deploymentId: string;
  readonly launch: ProgramLaunch;
  /** Processes at once. */
  readonly concurrency: number;
  readonly defaultSkill: string | undefined;
  readonly maxOutputBytes: number;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly settings: WorkerSettings;
  readonly log: LogRing;
  readonly successor: () => AgentExecutor | undefined;
  readonly report: WorkforceReport;
}

const workerId = 'program';

/** The processes of a stdin/stdout program, one for each call under way. */
export class ProgramPool implements Workforce {
  readonly executor: AgentExecutor;
  readonly #options: ProgramPoolOptions;
  readonly #running = new Set<(graceMs: number) => Promise<void>>();
  #open = false;
  #idle: (() => void) | undefined;

  constructor(options: ProgramPoolOptions) {
    this.#options = options;
    const programs = createProgramExecutor({
      ...options,
      termGraceMs: options.settings.termGraceMs,
      log: (entry) => options.log.append({ ...entry, workerId }),
      enter: (stop) => this.#enter(stop),
    });
    this.executor = {
      execute: (invocation) => ((this.#open ? undefined : options.successor()) ?? programs).execute(invocation),
    };
  }

  get capacity(): number {
    return this.#open ? this.#options.concurrency : 0;
  }

  get views(): readonly WorkerView[] {
    const state = this.#open ? 'ready' : 'stopped';
    const inFlight = this.#running.size;
    return [
      {
        id: workerId,
        pid: undefined,
        state,
        inFlight,
        memoryBytes: undefined,
        startedAtMs: undefined,
        restarts: 0,
        lastExit: undefined,
      },
    ];
  }

  /** Healthy when its command is there and may be executed. */
  start(): void {
    const { launch, report } = this.#options;
    if (findExecutable(launch) === undefined) {
      report.failed(`The command ${launch.command} is not there or may not be executed.`);
      return;
    }
    this.#open = true;
    report.ready(launch.skills);
  }

  /** Nothing to renew: each call has a process of its own. */
  async restart(): Promise<void> {
    this.start();
  }

  async stop(): Promise<void> {
    this.#open = false;
    const idle = new Promise<void>((done) => {
      this.#idle = done;
    });
    if (this.#running.size > 0) {
      await Promise.race([idle, sleep(this.#options.clock, this.#options.settings.drainGraceMs)]);
    }
    await this.#end(this.#options.settings.termGraceMs);
  }

  async kill(): Promise<void> {
    this.#open = false;
    await this.#end(0);
  }

  async #end(graceMs: number): Promise<void> {
    await Promise.all([...this.#running].map((stop) => stop(graceMs)));
  }

  #enter(stop: (graceMs: number) => Promise<void>): () => void {
    const { deploymentId, concurrency } = this.#options;
    if (!this.#open || this.#running.size >= concurrency) {
      const reason = this.#open ? `runs ${concurrency} programs, as many as it may` : 'takes no calls now';
      throw new ParleyError('AGENT_UNAVAILABLE', `Deployment ${deploymentId} ${reason}; try again in a moment.`);
    }
    this.#running.add(stop);
    return () => {
      this.#running.delete(stop);
      if (this.#running.size === 0) this.#idle?.();
    };
  }
}

/** Where the command is: a path as it stands, seen from the working directory, or by name in PATH. */
function findExecutable({ command, cwd, environment }: ProgramLaunch): string | undefined {
  if (isAbsolute(command) || command.includes('/')) return [resolve(cwd, command)].find(isExecutable);
  const folders = (environment['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
