import type { AgentRecord } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import { Activity } from '../supervisor/activity.ts';
import type { LogRing } from '../supervisor/log-ring.ts';
import type { DrainPace, Workforce, WorkforceReport } from '../supervisor/workforce.ts';
import { withReportedSkills } from './agent-record.ts';
import { applyEvent } from './apply-event.ts';
import type { DeploymentJournal, JournalledEvent } from './deployment-journal.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import {
  type DeploymentEffect,
  type DeploymentEvent,
  type DeploymentState,
  type InstalledRef,
  isActive,
} from './machine.ts';
import type { DeploymentDetails, DeploymentPorts, DeploymentView, ResourceLimits } from './model.ts';
import type { ServedSurfaces } from './served-surfaces.ts';

/** What a deployment needs done, and whom it tells. */
export interface DeploymentHost {
  readonly journal: DeploymentJournal;
  now(): number;
  install(record: DeploymentRecord): Promise<Extract<DeploymentEvent, { type: 'installed' }>>;
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
  readonly activity: Activity;
  readonly #host: DeploymentHost;
  #record: DeploymentRecord;
  #workforce: Workforce | undefined;
  /** Workforces that only finish their calls. */
  readonly #leaving = new Set<Workforce>();
  #ending: Promise<void> = Promise.resolve();
  #queue: Promise<void> = Promise.resolve();
  #attempt = 0;
  #suspended = false;
  #reported: readonly string[] = [];
  #served: ServedSurfaces | undefined;
  #limits: ResourceLimits | undefined;
  readonly #settled = new Set<() => void>();

  constructor(record: DeploymentRecord, host: DeploymentHost, log: LogRing) {
    this.#record = record;
    this.#host = host;
    this.log = log;
    this.activity = new Activity(host);
  }

  get record(): DeploymentRecord {
    return this.#record;
  }

  get workforce(): Workforce | undefined {
    return this.#workforce;
  }

  /** What it serves beside its skills; undefined until its package is read. */
  get served(): ServedSurfaces | undefined {
    return this.#served;
  }

  /** The agent with the skills that its workers have reported. */
  get agent(): AgentRecord {
    return withReportedSkills(this.#record.agent, this.#reported);
  }

  get view(): DeploymentView {
    const { spec, state, settings, warnings, changedAtMs, agent } = this.#record;
    const workers = this.#workforces().flatMap(({ views }) => views);
    return {
      id: spec.id,
      agentId: spec.agentId,
      source: spec.source,
      packageId: state.installed?.packageId ?? (agent.packageId || undefined),
      packageDigest: state.installed?.digest,
      status: state.status,
      message: state.message,
      warnings,
      details: describeFailure(state),
      ...settings,
      limits: this.limits,
      surfaces: {
        rest: this.#served?.rest === true,
        a2a: this.agent.skills.length > 0,
        ui: this.#served?.ui !== undefined,
      },
      ports: spec.ports,
      inFlight: workers.reduce((sum, worker) => sum + worker.inFlight, 0),
      lastActivityAtMs: this.activity.lastAtMs,
      createdAtMs: spec.createdAtMs,
      changedAtMs,
      workers,
    };
  }

  /** What its workers may use; until its package is read, what was asked for. */
  get limits(): ResourceLimits {
    return this.#limits ?? this.#record.spec.limits;
  }

  /** Its package is read. */
  learn(served: ServedSurfaces, limits: ResourceLimits): void {
    this.#served = served;
    this.#limits = limits;
  }

  /** They are journalled with its next change. Undefined: it has none until it runs again. */
  assignPorts(ports: DeploymentPorts | undefined): void {
    this.#record = { ...this.#record, spec: { ...this.#record.spec, ports } };
  }

  /** Journals the acceptance. Throws what the store refuses. */
  accept(): Promise<void> {
    return this.#write({ type: 'accepted' }, {});
  }

  /** Handled in order; resolves when the event is journalled, its effects go on behind. What the store refuses holds up nothing. */
  dispatch(event: DeploymentEvent): Promise<void> {
    const carryOn = (next: DeploymentRecord) => (cause: unknown) => {
      this.#record = next;
      this.#host.unwritten(this, cause);
    };
    this.#queue = this.#queue.then(() => this.#step(event, carryOn));
    return this.#queue;
  }

  /** As `dispatch`, for what an operator asks for: when the store refuses it, nothing has changed, and it throws why. */
  change(event: DeploymentEvent): Promise<void> {
    const step = this.#queue.then(() => {
      if (!this.#suspended) return this.#step(event);
      throw new ParleyError('UNAVAILABLE', 'The node stops and changes nothing any more.');
    });
    this.#queue = step.catch(() => {});
    return step;
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
    const workforces = this.#workforces();
    const kill = (): void => workforces.forEach((workforce) => void workforce.kill('the node stops'));
    if (signal.aborted) kill();
    signal.addEventListener('abort', kill, { once: true });
    await Promise.all([...workforces.map((workforce) => workforce.stop('soon')), this.#ending, this.#queue]);
    signal.removeEventListener('abort', kill);
  }

  #workforces(): readonly Workforce[] {
    return [...(this.#workforce === undefined ? [] : [this.#workforce]), ...this.#leaving];
  }

  #isStopping(): boolean {
    return this.#record.state.status === 'stopping';
  }

  async #step(event: DeploymentEvent, onRefused?: (next: DeploymentRecord) => (cause: unknown) => void): Promise<void> {
    // What the workers do while the node stops is no change of the deployment: it comes back as it was.
    if (this.#suspended) return;
    const before = this.#record;
    const [next, effects] = applyEvent(before, event);
    if (next !== before) {
      const written = this.#write(event, { ...next, changedAtMs: this.#host.now() });
      await (onRefused === undefined ? written : written.catch(onRefused(next)));
      if (next.state !== before.state) this.#moved();
    }
    for (const effect of effects) void this.#run(effect);
  }

  #moved(): void {
    this.#host.moved(this);
    for (const wake of [...this.#settled]) wake();
    this.#settled.clear();
  }

  async #write(event: JournalledEvent, change: Partial<DeploymentRecord>): Promise<void> {
    const next = { ...this.#record, ...change, spec: this.#record.spec, version: this.#record.version + 1 };
    await this.#host.journal.append(next, event);
    // Its ports may have been assigned meanwhile.
    this.#record = { ...next, spec: this.#record.spec };
  }

  async #run(effect: DeploymentEffect): Promise<void> {
    if (this.#suspended) return;
    try {
      await this.#effects[effect]();
    } catch (thrown) {
      const { message, details } = ParleyError.from(thrown);
      const error = details?.['error'];
      await this.dispatch({ type: 'failed', message, ...(typeof error === 'string' && { error }) });
    }
  }

  readonly #effects: Readonly<Record<DeploymentEffect, () => Promise<void> | void>> = {
    install: () => this.#install(),
    load: () => this.#load(),
    start: () => this.#workforce?.start(),
    'take-over': () => this.#host.takeOver(this),
    renew: () => this.#renew(),
    adjust: () => this.#adjust(),
    retire: () => this.#retire(),
    end: () => this.#end(),
  };

  /** What becomes of an installation that was given up meanwhile is of no account. */
  async #install(): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      const installed = await this.#host.install(this.#record);
      if (attempt === this.#attempt) await this.dispatch(installed);
    } catch (thrown) {
      if (attempt === this.#attempt) throw thrown;
    }
  }

  async #load(): Promise<void> {
    const { installed } = this.#record.state;
    if (installed === undefined) throw new ParleyError('INTERNAL', 'The package is not installed.');
    const attempt = ++this.#attempt;
    await this.#ending;
    const workforce = await this.#host.load(this, installed, this.#createReport(attempt));
    if (attempt !== this.#attempt) return;
    workforce.resize(this.#record.settings.replicas);
    this.#workforce = workforce;
    await this.dispatch({ type: 'loaded' });
  }

  /** Of the workforce of this attempt; what an earlier one says of itself is of no account any more. */
  #createReport(attempt: number): WorkforceReport {
    const report = (event: DeploymentEvent): void => {
      if (attempt === this.#attempt) void this.dispatch(event);
    };
    return {
      ready: (skills) => {
        if (attempt === this.#attempt) this.#reported = skills;
        report({ type: 'ready' });
      },
      lost: (message) => report({ type: 'lost', message }),
      failed: (message) => report({ type: 'failed', message }),
      changed: () => this.#host.changed(this),
    };
  }

  #adjust(): void {
    this.#workforce?.resize(this.#record.settings.replicas);
    this.#host.changed(this);
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

  /** The workers finish their calls, while a new workforce may already take the next ones. */
  async #retire(): Promise<void> {
    const attempt = ++this.#attempt;
    if (this.#workforce !== undefined) this.#leaving.add(this.#workforce);
    this.#workforce = undefined;
    await this.#stopAll('finish');
    if (attempt === this.#attempt) await this.dispatch({ type: 'ended' });
    else this.#host.changed(this);
  }

  async #end(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#ending = this.#stopAll('soon');
    await this.#ending;
    if (attempt === this.#attempt) await this.dispatch({ type: 'ended' });
  }

  async #stopAll(pace: DrainPace): Promise<void> {
    const stopping = this.#workforces();
    await Promise.all(stopping.map((workforce) => workforce.stop(pace)));
    for (const workforce of stopping) this.#leaving.delete(workforce);
  }
}

function describeFailure({ status, message, error }: DeploymentState): DeploymentDetails {
  return status === 'failed' && message !== undefined ? { error: error ?? message } : {};
}
