import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { AgentExecutor } from '../../agents/index.ts';
import { type Clock, deferred, ParleyError, withTimeout } from '../../base/index.ts';
import type { WorkerView } from '../deployments/model.ts';
import { createProgramExecutor, type ProgramLaunch, type ProgramProcesses } from '../executor/program-executor.ts';
import type { Activity } from './activity.ts';
import type { Guard } from './guard.ts';
import type { LogRing } from './log-ring.ts';
import { sumMemory } from './sum-memory.ts';
import type { WorkerSettings } from './worker-settings.ts';
import type { DrainPace, Workforce, WorkforceReport } from './workforce.ts';

export interface ProgramPoolOptions {
  readonly deploymentId: string;
  readonly launch: ProgramLaunch;
  /** Processes at once of each replica, and of all together. */
  readonly concurrency: number;
  readonly maxPrograms: number;
  readonly replicas: number;
  readonly defaultSkill: string | undefined;
  readonly maxOutputBytes: number;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly settings: WorkerSettings;
  readonly activity: Activity;
  readonly log: LogRing;
  readonly successor: () => AgentExecutor | undefined;
  readonly report: WorkforceReport;
}

const workerId = 'program';

/** The processes of a stdin/stdout program, one for each call under way. */
export class ProgramPool implements Workforce {
  readonly executor: AgentExecutor;
  readonly #options: ProgramPoolOptions;
  readonly #running = new Set<() => ProgramProcesses | undefined>();
  #open = false;
  #replicas: number;
  /** It takes no more calls, and none is under way. */
  readonly #idle = deferred<void>();

  constructor(options: ProgramPoolOptions) {
    this.#options = options;
    this.#replicas = options.replicas;
    const programs = createProgramExecutor({
      ...options,
      termGraceMs: options.settings.termGraceMs,
      log: (entry) => options.log.append({ ...entry, workerId }),
      enter: (running) => this.#enter(running),
    });
    this.executor = {
      execute: (invocation) => ((this.#open ? undefined : options.successor()) ?? programs).execute(invocation),
    };
  }

  get capacity(): number {
    return this.#open ? this.#places : 0;
  }

  get #places(): number {
    const { concurrency, maxPrograms } = this.#options;
    return Math.min(concurrency * this.#replicas, maxPrograms);
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
        memoryBytes: sumMemory([...this.#running].map((running) => running()?.usedBytes)),
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

  /** A replica is so many places for processes. */
  resize(replicas: number): void {
    if (replicas === this.#replicas) return;
    this.#replicas = replicas;
    this.#options.report.changed();
  }

  /** A program serves no HTTP. */
  takeRequest(): undefined {
    return undefined;
  }

  async stop(pace: DrainPace): Promise<void> {
    this.#open = false;
    const { clock, settings } = this.#options;
    if (this.#running.size > 0) {
      await withTimeout(clock, this.#idle.promise, pace === 'soon' ? settings.drainGraceMs : settings.replaceGraceMs);
    }
    await this.#end(settings.termGraceMs);
  }

  async kill(): Promise<void> {
    this.#open = false;
    await this.#end(0);
  }

  async #end(graceMs: number): Promise<void> {
    await Promise.all([...this.#running].map((running) => running()?.end(graceMs)));
  }

  #enter(running: () => ProgramProcesses | undefined): () => void {
    const { deploymentId } = this.#options;
    if (!this.#open || this.#running.size >= this.#places) {
      const reason = this.#open ? `runs ${this.#places} programs, as many as it may` : 'takes no calls now';
      throw new ParleyError('AGENT_UNAVAILABLE', `Deployment ${deploymentId} ${reason}; try again in a moment.`);
    }
    this.#options.activity.touch();
    this.#running.add(running);
    return () => {
      this.#running.delete(running);
      this.#options.activity.touch();
      if (this.#running.size === 0 && !this.#open) this.#idle.resolve();
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
