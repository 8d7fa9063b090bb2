import type { AgentExecutor } from '../../agents/index.ts';
import type { SurfacePlace } from '../../registry/index.ts';
import type { WorkerView } from '../deployments/model.ts';
import { createWorkerExecutor } from '../executor/worker-executor.ts';
import type { GrpcFacts } from '../worker-protocol/frames.ts';
import { Replica, type ReplicaOptions } from './replica.ts';
import type { WorkerProcess } from './worker-process.ts';
import type { SurfaceKind } from './worker-socket.ts';
import type { DrainPace, Workforce, WorkforceReport } from './workforce.ts';

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
  /** Beyond what is wanted: they finish their calls. */
  readonly #leaving = new Set<Replica>();
  #replicas: readonly Replica[];
  #created = 0;
  #started = false;
  #wasReady = false;
  #skills: readonly string[] | undefined;
  #grpc: GrpcFacts | undefined;
  #stopping = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    const { deploymentId, defaultSkill, successor } = options;
    this.#replicas = this.#createReplicas(options.replicas);
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
    return [...this.#replicas, ...this.#leaving].map((replica) => replica.view);
  }

  start(): void {
    this.#started = true;
    for (const replica of this.#replicas) replica.start();
  }

  async restart(): Promise<void> {
    for (const replica of this.#replicas) if (this.#replicas.includes(replica)) await replica.replace();
  }

  resize(replicas: number): void {
    const kept = this.#replicas.slice(0, replicas);
    const leaving = this.#replicas.slice(replicas);
    const added = this.#createReplicas(replicas - kept.length);
    if (this.#stopping || leaving.length + added.length === 0) return;
    this.#replicas = [...kept, ...added];
    for (const replica of leaving) void this.#dismiss(replica);
    if (this.#started) for (const replica of added) replica.start();
    this.#options.report.changed();
    if (this.#skills !== undefined && !this.#wasReady) this.#onReady(this.#skills);
  }

  get grpc(): GrpcFacts | undefined {
    return this.#grpc;
  }

  takeRequest(kind: SurfaceKind): SurfacePlace | undefined {
    return this.#leastBusy()?.takeRequest(kind);
  }

  async stop(pace: DrainPace): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#replicas, ...this.#leaving].map((replica) => replica.stop(pace)));
  }

  async kill(reason: string): Promise<void> {
    this.#stopping = true;
    await Promise.all([...this.#replicas, ...this.#leaving].map((replica) => replica.kill(reason)));
  }

  async #dismiss(replica: Replica): Promise<void> {
    this.#leaving.add(replica);
    await replica.stop('finish');
    this.#leaving.delete(replica);
    this.#options.report.changed();
  }

  #createReplicas(count: number): readonly Replica[] {
    return Array.from({ length: Math.max(0, count) }, () => this.#createReplica(`worker-${++this.#created}`));
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
    this.#options.activity.touch();
    return this.#leastBusy();
  }

  #leastBusy(): WorkerProcess | undefined {
    if (this.#stopping) return undefined;
    let best: WorkerProcess | undefined;
    for (const { place } of this.#replicas) {
      if (place !== undefined && (best === undefined || place.inFlight < best.inFlight)) best = place;
    }
    return best;
  }

  /** The first time all must be ready; after that one is enough to go on. */
  #onReady(skills: readonly string[]): void {
    this.#skills = skills;
    this.#grpc = this.#leastBusy()?.grpc ?? this.#grpc;
    if (!this.#wasReady && this.#readyCount() < this.#replicas.length) return;
    this.#wasReady = true;
    this.#options.report.ready(skills);
  }

  #onLost(message: string): void {
    if (this.#readyCount() === 0) this.#options.report.lost(message);
  }

  /** While another one takes calls, they go on with fewer. */
  #onGaveUp(message: string): void {
    if (this.#stopping) return;
    const { report, log } = this.#options;
    if (this.#wasReady && this.#readyCount() > 0) {
      log.append({ workerId: '', stream: 'supervisor', level: 'error', message });
      report.changed();
    } else {
      report.failed(message);
    }
  }

  #readyCount(): number {
    return this.#replicas.filter((replica) => replica.place !== undefined).length;
  }
}
