import type { AgentExecutor } from '../../agents/index.ts';
import type { WorkerView } from '../deployments/model.ts';
import { createWorkerExecutor } from '../executor/worker-executor.ts';
import { Replica, type ReplicaOptions } from './replica.ts';
import type { WorkerProcess } from './worker-process.ts';
import type { Workforce, WorkforceReport } from './workforce.ts';

export interface WorkerPoolOptions extends Omit<ReplicaOptions, 'id' | 'report'> {
  readonly deploymentId: string;
  readonly replicas: number;
  readonly defaultSkill: string | undefined;
  /** Where calls go that come while the pool is being drained. */
  readonly successor: () => AgentExecutor | undefined;
  readonly report: WorkforceReport;
}

/** The replicas of one deployment. */
export class WorkerPool implements Workforce {
  readonly executor: AgentExecutor;
  readonly #options: WorkerPoolOptions;
  readonly #replicas: readonly Replica[];
  #wasReady = false;
  #stopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { deploymentId, defaultSkill, successor } = options;
    this.#replicas = Array.from({ length: options.replicas }, (_, index) => this.#createReplica(`worker-${index + 1}`));
    this.executor = createWorkerExecutor({
      pick: () => this.#pick(),
      successor,
      defaultSkill: () => defaultSkill,
      deploymentId,
    });
  }

  get capacity(): number {
    if (this.#stopping) return 0;
    return this.#readyCount() * this.#options.launch.init.concurrency;
  }

  get views(): readonly WorkerView[] {
    return this.#replicas.map((replica) => replica.view);
  }

  start(): void {
    for (const replica of this.#replicas) replica.start();
  }

  async restart(): Promise<void> {
    for (const replica of this.#replicas) await replica.replace();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#replicas.map((replica) => replica.stop()));
  }

  async kill(reason: string): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#replicas.map((replica) => replica.kill(reason)));
  }

  #createReplica(id: string): Replica {
    const report = {
      ready: (skills: readonly string[]) => this.#onReady(skills),
      lost: (message: string) => this.#onLost(message),
      gaveUp: (message: string) => this.#onGaveUp(message),
      changed: () => this.#options.report.changed(),
    };
    return new Replica({ ...this.#options, id, report });
  }

  #pick(): WorkerProcess | undefined {
    if (this.#stopping) return undefined;
    let best: WorkerProcess | undefined;
    for (const { place } of this.#replicas) {
      if (place !== undefined && (best === undefined || place.inFlight < best.inFlight)) best = place;
    }
    return best;
  }

  /** The first time all must be ready; after a loss one is enough to go on. */
  #onReady(skills: readonly string[]): void {
    if (!this.#wasReady && this.#readyCount() < this.#replicas.length) return;
    this.#wasReady = true;
    this.#options.report.ready(skills);
  }

  #onLost(message: string): void {
    if (this.#readyCount() === 0) this.#options.report.lost(message);
  }

  #onGaveUp(message: string): void {
    if (!this.#stopping) this.#options.report.failed(message);
  }

  #readyCount(): number {
    return this.#replicas.filter((replica) => replica.place !== undefined).length;
  }
}
