import { mkdir } from 'node:fs/promises';
import { type Component, ParleyError } from '../../base/index.ts';
import { installPackage, loadInstalled } from '../packages/install-package.ts';
import { type CheckedPackage, type ReadPackageOptions, readPackage } from '../packages/read-package.ts';
import type { DeploymentChanges, Runtime } from '../port.ts';
import { createPackageSources, type PackageSources } from '../sources/package-sources.ts';
import { Guard } from '../supervisor/guard.ts';
import { LogRing } from '../supervisor/log-ring.ts';
import type { Workforce, WorkforceReport } from '../supervisor/workforce.ts';
import { announce } from './announcer.ts';
import { createDeploymentChanges } from './changes.ts';
import { checkIds } from './check-ids.ts';
import { findDependencyWarnings } from './dependency-warnings.ts';
import { createRecord, resolveIds } from './deploy-request.ts';
import { Deployment, type DeploymentHost } from './deployment.ts';
import { createDeploymentJournal, type DeploymentJournal } from './deployment-journal.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { DeploymentSet } from './deployment-set.ts';
import { type InstalledRef, isActive } from './machine.ts';
import type { DeploymentView, DeployRequest, LocalSource, LogLine } from './model.ts';
import { findForgettable, findReplaced, findSuccessor } from './replacement.ts';
import { type ResolvedRuntimeOptions, type RuntimeOptions, resolveRuntimeOptions } from './runtime-options.ts';
import { createWorkforce } from './workforce-factory.ts';

/** The runtime, and its part in the node's start and stop. */
export interface RuntimeHandle {
  readonly runtime: Runtime;
  readonly changes: DeploymentChanges;
  /** `start` brings back what ran; `stop` drains every worker and leaves the journal as it is. */
  readonly component: Component;
}

/** The deployments of this node. */
export function createRuntime(options: RuntimeOptions): RuntimeHandle {
  const service = new RuntimeService(resolveRuntimeOptions(options));
  const component: Component = {
    name: 'runtime',
    start: () => service.open(),
    stop: (signal) => service.close(signal),
  };
  return { runtime: service, changes: service.changes, component };
}

class RuntimeService implements Runtime {
  readonly #options: ResolvedRuntimeOptions;
  readonly #journal: DeploymentJournal;
  readonly #guard: Guard;
  readonly #sources: PackageSources = createPackageSources();
  readonly #deployments = new DeploymentSet();
  readonly #logs = new Map<string, LogRing>();
  readonly #watchers = new Set<(view: DeploymentView) => void>();
  /** Packages that were checked by `deploy` and are not installed yet. */
  readonly #checked = new Map<string, CheckedPackage>();
  readonly #host: DeploymentHost;
  readonly changes: DeploymentChanges;
  #open = false;

  constructor(options: ResolvedRuntimeOptions) {
    this.#options = options;
    this.#journal = createDeploymentJournal(options.store);
    this.#guard = new Guard(options);
    this.changes = createDeploymentChanges({
      deployments: this.#deployments,
      limits: options.limits,
      requireOpen: () => this.#requireOpen(),
    });
    this.#host = {
      journal: this.#journal,
      now: () => options.clock.now(),
      install: (record) => this.#install(record),
      load: (deployment, installed, report) => this.#load(deployment, installed, report),
      takeOver: (deployment) => this.#takeOver(deployment),
      moved: (deployment) => this.#moved(deployment),
      changed: (deployment) => this.#changed(deployment),
      unwritten: (deployment, cause) => this.#complain(deployment, 'A change of a deployment was not written.', cause),
    };
  }

  async open(): Promise<void> {
    await mkdir(this.#options.packagesFolder, { recursive: true, mode: 0o700 });
    await this.#guard.start();
    const records = await this.#journal.load();
    this.#open = true;
    for (const record of records) this.#add(record);
    const deployments = this.#deployments.all();
    const retried = deployments.filter((deployment) => this.#isAlone(deployment));
    for (const deployment of deployments) {
      this.#announce(deployment);
      await deployment.dispatch({ type: 'resumed', retry: retried.includes(deployment) });
    }
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#open = false;
    await Promise.all(this.#deployments.all().map((deployment) => deployment.suspend(signal)));
    await this.#guard.stop();
  }

  async deploy(request: DeployRequest): Promise<DeploymentView> {
    this.#requireOpen();
    const local = await this.#sources.localize(request.source);
    const checked = await readPackage(local, readOptions(local, request.packageSha256));
    const { manifest, warnings } = checked;
    const { agentId, deploymentId } = resolveIds(request, manifest);
    checkIds({ agentId, deploymentId, deployments: this.#deployments, registry: this.#options.registry });
    const turn = this.#deployments.nextTurn();
    const revision = this.#deployments.nextRevision(deploymentId);
    const record = createRecord(this.#options, {
      ...{ request, manifest, warnings, turn, revision, deploymentId },
      enabled: !this.#deployments.isDisabled(agentId),
    });
    const deployment = this.#add(record);
    this.#checked.set(record.spec.key, checked);
    await this.#accept(deployment);
    return deployment.view;
  }

  get(id: string): DeploymentView {
    return this.#view(this.#deployments.resolve(id));
  }

  list(): readonly DeploymentView[] {
    return this.#deployments.fronts().map((deployment) => this.#view(deployment));
  }

  async stop(id: string): Promise<DeploymentView> {
    const front = this.#deployments.resolve(id);
    const all = this.#deployments.ofId(front.record.spec.id);
    await Promise.all(all.map((deployment) => deployment.dispatch({ type: 'stop-requested' })));
    await Promise.all(all.map((deployment) => deployment.settled()));
    return front.view;
  }

  async restart(id: string): Promise<DeploymentView> {
    this.#requireOpen();
    const deployment = this.#deployments.resolve(id);
    const runs = isActive(deployment.record.state.status);
    await deployment.dispatch({ type: 'restart-requested', ...(!runs && { turn: this.#deployments.nextTurn() }) });
    return this.#view(deployment);
  }

  logs(id: string, after: number, limit: number): readonly LogLine[] {
    return this.#deployments.resolve(id).log.read(after, limit);
  }

  followLogs(id: string, after: number, signal: AbortSignal): AsyncIterable<LogLine> {
    return this.#deployments.resolve(id).log.follow(after, signal);
  }

  watch(changed: (view: DeploymentView) => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  #add(record: DeploymentRecord): Deployment {
    const deployment = new Deployment(record, this.#host, this.#logOf(record.spec.id));
    this.#deployments.add(deployment);
    return deployment;
  }

  async #accept(deployment: Deployment): Promise<void> {
    try {
      await deployment.accept();
    } catch (thrown) {
      this.#deployments.remove(deployment);
      this.#checked.delete(deployment.record.spec.key);
      throw ParleyError.from(thrown);
    }
    await deployment.dispatch({ type: 'begun' });
  }

  /** One ring for all deployments of one id, so that a reader goes on across a replacement. */
  #logOf(deploymentId: string): LogRing {
    const { clock, limits } = this.#options;
    const known = this.#logs.get(deploymentId);
    if (known !== undefined) return known;
    const ring = new LogRing({ deploymentId, clock, maxLines: limits.logLines, maxBytes: limits.logBytes });
    this.#logs.set(deploymentId, ring);
    return ring;
  }

  async #install({ spec }: DeploymentRecord): Promise<InstalledRef> {
    const known = this.#checked.get(spec.key);
    this.#checked.delete(spec.key);
    const checked = known ?? (await this.#read(spec));
    const { packagesFolder } = this.#options;
    const { folder, packageId, digest } = await installPackage(checked, { packagesFolder });
    return { folder, packageId, digest, warnings: await findDependencyWarnings(folder) };
  }

  async #read({ source, packageSha256 }: DeploymentRecord['spec']): Promise<CheckedPackage> {
    const local = await this.#sources.localize(source);
    return readPackage(local, readOptions(local, packageSha256));
  }

  async #load(deployment: Deployment, { folder }: InstalledRef, report: WorkforceReport): Promise<Workforce> {
    const installed = await loadInstalled(folder);
    const successor = () => findSuccessor(this.#deployments, deployment)?.workforce?.executor;
    return createWorkforce(this.#options, { deployment, installed, guard: this.#guard, successor, report });
  }

  /** The newest healthy deployment of an agent is the current one; those that it replaces end when their calls have. */
  #takeOver({ record }: Deployment): void {
    for (const { deployment, by } of findReplaced(this.#deployments, record.spec.agentId)) {
      void deployment.dispatch({ type: 'superseded', by: by.record.spec.key });
    }
  }

  #moved(deployment: Deployment): void {
    const { spec, state } = deployment.record;
    const { logger, telemetry } = this.#options;
    logger.info('A deployment has another state.', { deployment: spec.id, agent: spec.agentId, status: state.status });
    telemetry.count('parley_deployment_changes_total', { status: state.status });
    if (state.status === 'failed' && state.message !== undefined) {
      deployment.log.append({ workerId: '', stream: 'supervisor', level: 'error', message: state.message });
    }
    this.#changed(deployment);
    for (const old of findForgettable(this.#deployments, deployment, this.#options.limits.keptStopped)) {
      void this.#forget(old);
    }
  }

  #changed(deployment: Deployment): void {
    this.#announce(deployment);
    const view = this.#view(deployment);
    for (const watcher of this.#watchers) watcher(view);
  }

  #announce(deployment: Deployment): void {
    try {
      announce(this.#options.registry, this.#deployments, deployment.record.spec.id);
    } catch (thrown) {
      this.#complain(deployment, 'A deployment cannot be announced.', thrown);
    }
  }

  /** A deployment that goes on although its replacement failed says so. */
  #view(deployment: Deployment): DeploymentView {
    const { view } = deployment;
    const newer = this.#deployments.ofId(view.id).find(({ record }) => record.turn > deployment.record.turn);
    if (newer?.record.state.status !== 'failed') return view;
    return { ...view, message: `Its replacement failed, and it goes on: ${newer.record.state.message}` };
  }

  async #forget(deployment: Deployment): Promise<void> {
    this.#deployments.remove(deployment);
    const { id, key } = deployment.record.spec;
    if (this.#deployments.ofId(id).length === 0) this.#logs.delete(id);
    await this.#journal
      .remove(key)
      .catch((cause: unknown) => this.#complain(deployment, 'A stopped deployment was not removed.', cause));
  }

  #isAlone(deployment: Deployment): boolean {
    const others = this.#deployments.ofAgent(deployment.record.spec.agentId);
    return others.every((other) => other === deployment || !isActive(other.record.state.status));
  }

  #complain(deployment: Deployment, message: string, cause: unknown): void {
    this.#options.logger.error(message, { deployment: deployment.record.spec.id, cause });
  }

  #requireOpen(): void {
    if (!this.#open)
      throw new ParleyError('UNAVAILABLE', 'The runtime takes no deployments now; try again in a moment.');
  }
}

function readOptions(source: LocalSource, sha256: string | undefined): ReadPackageOptions {
  return sha256 === undefined || source.kind === 'folder' ? {} : { expectedSha256: sha256 };
}
