import { type Clock, ParleyError } from '../../base/index.ts';
import type { RestartPolicy, WorkerView } from '../deployments/model.ts';
import type { Activity } from './activity.ts';
import type { Guard } from './guard.ts';
import type { LogRing } from './log-ring.ts';
import { decideRestart } from './restart-policy.ts';
import { sumMemory } from './sum-memory.ts';
import { type WorkerEnd, type WorkerLaunch, WorkerProcess } from './worker-process.ts';
import type { WorkerSettings } from './worker-settings.ts';
import type { DrainPace } from './workforce.ts';

export interface ReplicaOptions {
  readonly id: string;
  readonly launch: WorkerLaunch;
  readonly policy: RestartPolicy;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly clock: Clock;
  readonly settings: WorkerSettings;
  readonly activity: Activity;
  readonly log: LogRing;
  readonly report: ReplicaReport;
}

/** What a replica tells its pool. */
export interface ReplicaReport {
  /** A process is ready; the skills it can call. */
  ready(skills: readonly string[]): void;
  /** It has no ready process for now; why, and what happens next, in a sentence. */
  lost(message: string): void;
  /** It is not started again; why, in a sentence. */
  gaveUp(message: string): void;
  /** Its view changed. */
  changed(): void;
}

/** One place for a worker: the process in it, and those that it replaces but that still finish their calls. */
export class Replica {
  readonly id: string;
  readonly #options: ReplicaOptions;
  readonly #retired = new Set<WorkerProcess>();
  #current: WorkerProcess | undefined;
  #restartsAtMs: readonly number[] = [];
  #restarts = 0;
  #lastExit: string | undefined;
  #cancelRestart: (() => void) | undefined;
  #stopping = false;

  constructor(options: ReplicaOptions) {
    this.id = options.id;
    this.#options = options;
  }

  /** The process that takes calls, if it is ready. */
  get place(): WorkerProcess | undefined {
    return this.#current?.state === 'ready' ? this.#current : undefined;
  }

  get view(): WorkerView {
    const waiting = this.#cancelRestart !== undefined;
    return {
      id: this.id,
      pid: this.#current?.pid,
      state: waiting ? 'waiting' : (this.#current?.state ?? 'stopped'),
      inFlight: (this.#current?.inFlight ?? 0) + [...this.#retired].reduce((sum, old) => sum + old.inFlight, 0),
      memoryBytes: sumMemory([this.#current, ...this.#retired].map((worker) => worker?.memoryBytes)),
      startedAtMs: this.#current?.pid === undefined ? undefined : this.#current.startedAtMs,
      restarts: this.#restarts,
      lastExit: this.#lastExit,
    };
  }

  start(): void {
    this.#stopping = false;
    this.#launch();
  }

  /** A fresh process takes over once it is ready; the old one finishes its calls behind it. Rejects when it does not get ready. */
  async replace(): Promise<void> {
    const old = this.#current;
    this.#cancelBackoff();
    const fresh = this.#spawn();
    this.#restarts++;
    this.#retired.add(fresh);
    try {
      await fresh.ready;
      if (this.#stopping) return;
      this.#install(fresh);
    } catch (thrown) {
      await fresh.ended;
      if (this.place === undefined) this.#options.report.gaveUp(ParleyError.from(thrown).message);
      throw thrown;
    } finally {
      this.#retired.delete(fresh);
    }
    if (old !== undefined) void this.#retire(old, 'finish');
  }

  /** Drains and resolves when no process is left. */
  async stop(pace: DrainPace): Promise<void> {
    this.#stopping = true;
    this.#cancelBackoff();
    await Promise.all([this.#current, ...this.#retired].map((worker) => worker?.drain(pace)));
  }

  /** Ends every process at once. */
  async kill(reason: string): Promise<void> {
    this.#stopping = true;
    this.#cancelBackoff();
    await Promise.all([this.#current, ...this.#retired].map((worker) => worker?.kill(reason, 0)));
  }

  #launch(): void {
    const worker = this.#spawn();
    this.#install(worker);
    worker.ready.catch(() => {});
  }

  #spawn(): WorkerProcess {
    const { launch, guard, clock, settings, activity, log, report } = this.#options;
    const worker: WorkerProcess = new WorkerProcess({
      launch,
      guard,
      clock,
      settings,
      activity,
      log: (entry) => log.append({ ...entry, workerId: this.id }),
      onStuck: () => this.#onStuck(worker),
      onChange: () => report.changed(),
    });
    return worker;
  }

  #install(worker: WorkerProcess): void {
    this.#current = worker;
    worker.ready.then(
      (skills) => this.#onReady(worker, skills),
      () => {},
    );
    void worker.ended.then((end) => this.#onEnded(worker, end));
  }

  #onReady(worker: WorkerProcess, skills: readonly string[]): void {
    if (worker === this.#current && !this.#stopping) this.#options.report.ready(skills);
  }

  #onStuck(worker: WorkerProcess): void {
    if (this.#stopping || worker !== this.#current) return;
    this.#say('A cancelled call goes on; a fresh worker takes over.', 'warn');
    this.#restarts++;
    this.#launch();
    this.#options.report.lost('A worker is replaced because a cancelled call in it goes on.');
    void this.#retire(worker, 'soon');
  }

  async #retire(worker: WorkerProcess, pace: DrainPace): Promise<void> {
    this.#retired.add(worker);
    await worker.drain(pace);
    this.#retired.delete(worker);
    this.#options.report.changed();
  }

  #onEnded(worker: WorkerProcess, end: WorkerEnd): void {
    if (worker !== this.#current || this.#stopping) return;
    this.#lastExit = end.description;
    const decision = decideRestart(this.#options.policy, this.#restartsAtMs, end);
    if (decision.kind === 'give-up') {
      this.#giveUp(worker, end, decision.reason);
      return;
    }
    this.#restartsAtMs = decision.restartsAtMs;
    this.#restarts++;
    this.#cancelRestart = this.#options.clock.schedule(decision.delayMs, () => {
      this.#cancelRestart = undefined;
      this.#launch();
    });
    const message = `The worker ended: ${end.description}. It is started again in ${decision.delayMs / 1_000} s.`;
    this.#say(message, 'warn');
    this.#options.report.lost(message);
  }

  #giveUp(worker: WorkerProcess, end: WorkerEnd, reason: string): void {
    worker.ready.then(
      () => this.#options.report.gaveUp(`The worker ended (${end.description}) and is not started again: ${reason}.`),
      (thrown: Error) => this.#options.report.gaveUp(`${thrown.message} It is not started again: ${reason}.`),
    );
  }

  #cancelBackoff(): void {
    this.#cancelRestart?.();
    this.#cancelRestart = undefined;
  }

  #say(message: string, level: 'info' | 'warn'): void {
    this.#options.log.append({ workerId: this.id, stream: 'supervisor', level, message });
  }
}
