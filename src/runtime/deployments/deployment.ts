import type { AgentRecord } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import type { LogRing } from '../supervisor/log-ring.ts';
import type { Workforce, WorkforceReport } from '../supervisor/workforce.ts';
import { withReportedSkills } from './agent-record.ts';
import type { DeploymentJournal, JournalledEvent } from './deployment-journal.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { type DeploymentEffect, type DeploymentEvent, type InstalledRef, isActive, transition } from './machine.ts';
import type { DeploymentView } from './model.ts';

/** What a deployment needs done, and whom it tells. */
export interface DeploymentHost {
  readonly journal: DeploymentJournal;
  now(): number;
  install(record: DeploymentRecord): Promise<InstalledRef>;
  /** Reads the installed package and prepares its workers; none is started. */
  load(deployment: Deployment, installed: InstalledRef, report: WorkforceReport): Promise<Workforce>;
  takeOver(deployment: Deployment): void;
  /** It has another state. */
  moved(deployment: Deployment): void;
  /** Its capacity or its workers changed. */
  changed(deployment: Deployment): void;
  /** The store refused a change; the deployment goes on. */
  unwritten(deployment: Deployment, cause: unknown): void;
}

/** One deployment: runs the effects of its machine, one event after the other. It decides nothing. */
export class Deployment {
  readonly log: LogRing;
  readonly #host: DeploymentHost;
  #record: DeploymentRecord;
  #workforce: Workforce | undefined;
  #ending: Promise<void> = Promise.resolve();
  #queue: Promise<void> = Promise.resolve();
  #attempt = 0;
  #suspended = false;
  #reported: readonly string[] = [];
  readonly #settled = new Set<() => void>();

  constructor(record: DeploymentRecord, host: DeploymentHost, log: LogRing) {
    this.#record = record;
    this.#host = host;
    this.log = log;
  }

  get record(): DeploymentRecord {
    return this.#record;
  }

  get workforce(): Workforce | undefined {
    return this.#workforce;
  }

  /** The agent with the skills that its workers have reported. */
  get agent(): AgentRecord {
    return withReportedSkills(this.#record.agent, this.#reported);
  }

  get view(): DeploymentView {
    const { spec, state, settings, warnings, changedAtMs, agent } = this.#record;
    const workers = this.#workforce?.views ?? [];
    return {
      id: spec.id,
      agentId: spec.agentId,
      source: spec.source,
      packageId: state.installed?.packageId ?? agent.packageId,
      packageDigest: state.installed?.digest,
      status: state.status,
      message: state.message,
      warnings: [...warnings, ...(state.installed?.warnings ?? [])],
      details: state.status === 'failed' && state.message !== undefined ? { error: state.message } : {},
      ...settings,
      limits: spec.limits,
      surfaces: { rest: false, a2a: true, ui: false },
      ports: spec.ports,
      inFlight: workers.reduce((sum, worker) => sum + worker.inFlight, 0),
      lastActivityAtMs: undefined,
      createdAtMs: spec.createdAtMs,
      changedAtMs,
      workers,
    };
  }

  /** Journals the acceptance. Throws what the store refuses. */
  accept(): Promise<void> {
    return this.#write({ type: 'accepted' }, {});
  }

  /** Asked for anew: of the healthy deployments of an agent the one with the highest turn is current. */
  renewTurn(turn: number): void {
    this.#record = { ...this.#record, turn };
  }

  /** Handled in order; resolves when the event is journalled, its effects go on behind. */
  dispatch(event: DeploymentEvent): Promise<void> {
    this.#queue = this.#queue.then(() => this.#step(event));
    return this.#queue;
  }

  /** Resolves when no step is under way any more: healthy, failed or stopped. */
  async settled(): Promise<void> {
    while (isActive(this.#record.state.status) ? this.#record.state.status !== 'healthy' : this.#isStopping()) {
      await new Promise<void>((resolve) => this.#settled.add(resolve));
    }
  }

  /** Ends the workers without a word in the journal: the node stops, the deployment comes back with it. */
  async suspend(signal: AbortSignal): Promise<void> {
    this.#suspended = true;
    const workforce = this.#workforce;
    const kill = (): void => void workforce?.kill('the node stops');
    if (signal.aborted) kill();
    signal.addEventListener('abort', kill, { once: true });
    await Promise.all([workforce?.stop(), this.#ending, this.#queue]);
    signal.removeEventListener('abort', kill);
  }

  #isStopping(): boolean {
    return this.#record.state.status === 'stopping';
  }

  async #step(event: DeploymentEvent): Promise<void> {
    // What the workers do while the node stops is no change of the deployment: it comes back as it was.
    if (this.#suspended) return;
    const [state, effects] = transition(this.#record.state, event);
    if (state !== this.#record.state) {
      await this.#write(event, { state, changedAtMs: this.#host.now() }).catch((cause: unknown) => {
        this.#record = { ...this.#record, state };
        this.#host.unwritten(this, cause);
      });
      this.#host.moved(this);
      for (const wake of [...this.#settled]) wake();
      this.#settled.clear();
    }
    for (const effect of effects) void this.#run(effect);
  }

  async #write(event: JournalledEvent, change: Partial<DeploymentRecord>): Promise<void> {
    const next = { ...this.#record, ...change, version: this.#record.version + 1 };
    await this.#host.journal.append(next, event);
    this.#record = next;
  }

  async #run(effect: DeploymentEffect): Promise<void> {
    if (this.#suspended) return;
    try {
      await this.#effects[effect]();
    } catch (thrown) {
      await this.dispatch({ type: 'failed', message: ParleyError.from(thrown).message });
    }
  }

  readonly #effects: Readonly<Record<DeploymentEffect, () => Promise<void> | void>> = {
    install: async () => {
      const installed = await this.#host.install(this.#record);
      await this.dispatch({ type: 'installed', installed });
    },
    load: () => this.#load(),
    start: () => this.#workforce?.start(),
    'take-over': () => this.#host.takeOver(this),
    renew: () => this.#renew(),
    end: () => this.#end(),
  };

  async #load(): Promise<void> {
    const { installed } = this.#record.state;
    if (installed === undefined) throw new ParleyError('INTERNAL', 'The package is not installed.');
    const attempt = ++this.#attempt;
    await this.#ending;
    const workforce = await this.#host.load(this, installed, this.#createReport());
    if (attempt !== this.#attempt) return;
    this.#workforce = workforce;
    await this.dispatch({ type: 'loaded' });
  }

  #createReport(): WorkforceReport {
    return {
      ready: (skills) => {
        this.#reported = skills;
        void this.dispatch({ type: 'ready' });
      },
      lost: (message) => void this.dispatch({ type: 'lost', message }),
      failed: (message) => void this.dispatch({ type: 'failed', message }),
      changed: () => this.#host.changed(this),
    };
  }

  /** When the new workers do not get ready, the old ones go on. */
  async #renew(): Promise<void> {
    try {
      await this.#workforce?.restart();
    } catch (thrown) {
      const { message } = ParleyError.from(thrown);
      this.log.append({ workerId: '', stream: 'supervisor', level: 'error', message });
    }
  }

  async #end(): Promise<void> {
    this.#attempt++;
    this.#ending = Promise.resolve(this.#workforce?.stop());
    await this.#ending;
    await this.dispatch({ type: 'ended' });
  }
}
