import { mkdir } from 'node:fs/promises';
import { type Component, ParleyError } from '../../base/index.ts';
import { createEnvironments, type Environments } from '../environments/prepare-environment.ts';
import { loadInstalled } from '../packages/install-package.ts';
import type { Manifest } from '../packages/manifest-model.ts';
import type { DeploymentChanges, Runtime } from '../port.ts';
import { PackageCache } from '../sources/package-cache.ts';
import { createPackageLibrary, type PackageLibrary } from '../sources/package-library.ts';
import { Guard } from '../supervisor/guard.ts';
import { createSocketFolders, type SocketFolders } from '../supervisor/socket-folders.ts';
import type { Workforce, WorkforceReport } from '../supervisor/workforce.ts';
import { acceptFetched, acceptRequest } from './accept-request.ts';
import { announce } from './announcer.ts';
import { type AssignedPorts, createAssignedPorts } from './assigned-ports.ts';
import { createDeploymentChanges } from './changes.ts';
import { learnManifest } from './deploy-request.ts';
import { Deployment, type DeploymentHost } from './deployment.ts';
import { createDeploymentJournal, type DeploymentJournal } from './deployment-journal.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { DeploymentSet } from './deployment-set.ts';
import { createDeploymentViews, type DeploymentViews } from './deployment-views.ts';
import { createLogRings, type LogRings } from './log-rings.ts';
import { type DeploymentEvent, type InstalledRef, isActive } from './machine.ts';
import type { DeploymentView, DeployRequest, LogLine } from './model.ts';
import { createPackageInstaller, type PackageInstaller } from './package-installer.ts';
import { findForgettable, findReplaced, findSuccessor } from './replacement.ts';
import { resolveLimits } from './resolve-limits.ts';
import { resolveSchemaRefs } from './resolve-schema-refs.ts';
import { type ResolvedRuntimeOptions, type RuntimeOptions, resolveRuntimeOptions } from './runtime-options.ts';
import { findServedSurfaces } from './served-surfaces.ts';
import { createWorkforce } from './workforce-factory.ts';

/** The runtime, and its part in the node's start and stop. */
export interface RuntimeHandle {
  readonly runtime: Runtime;
  readonly changes: DeploymentChanges;
  readonly packages: PackageLibrary;
  /** `start` brings back what ran; `stop` drains every worker and leaves the journal as it is. */
  readonly component: Component;
}

/** The deployments of this node. */
export function createRuntime(options: RuntimeOptions): RuntimeHandle {
  const resolved = resolveRuntimeOptions(options);
  const { cacheFolder, packages, clock } = resolved;
  const cache = new PackageCache({ folder: cacheFolder, maxBytes: packages.cacheBytes, clock });
  const service = new RuntimeService(resolved, cache);
  const component: Component = {
    name: 'runtime',
    start: () => service.open(),
    stop: (signal) => service.close(signal),
  };
  const library = createPackageLibrary({ ...resolved, cache, deployments: () => service.list() });
  return { runtime: service, changes: service.changes, packages: library, component };
}

type InstalledEvent = Extract<DeploymentEvent, { type: 'installed' }>;

class RuntimeService implements Runtime {
  readonly #options: ResolvedRuntimeOptions;
  readonly #journal: DeploymentJournal;
  readonly #guard: Guard;
  readonly #cache: PackageCache;
  readonly #packages: PackageInstaller;
  readonly #deployments = new DeploymentSet();
  readonly #logs: LogRings;
  readonly #views: DeploymentViews;
  readonly #host: DeploymentHost;
  readonly #sockets: SocketFolders;
  readonly #environments: Environments;
  readonly #ports: AssignedPorts;
  readonly changes: DeploymentChanges;
  #open = false;

  constructor(options: ResolvedRuntimeOptions, cache: PackageCache) {
    this.#options = options;
    this.#journal = createDeploymentJournal(options.store);
    this.#guard = new Guard(options);
    this.#sockets = createSocketFolders(options.packagesFolder);
    this.#environments = createEnvironments(options, this.#guard);
    this.#ports = createAssignedPorts(options.ports, this.#deployments);
    this.#cache = cache;
    this.#packages = createPackageInstaller(options, cache, (key) => this.#progressed(key));
    this.#logs = createLogRings(options.clock, options.limits);
    this.#views = createDeploymentViews(this.#deployments, (key) => this.#packages.progressOf(key));
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
    this.#options.confiner.check();
    await mkdir(this.#options.packagesFolder, { recursive: true, mode: 0o700 });
    await this.#cache.open();
    await this.#sockets.sweep();
    await this.#guard.start();
    const records = await this.#journal.load();
    this.#open = true;
    for (const record of records) this.#add(record);
    this.#ports.restore();
    const deployments = this.#deployments.all();
    const retried = deployments.filter((deployment) => this.#isAlone(deployment));
    for (const deployment of deployments) {
      this.#announce(deployment);
      await deployment.dispatch({ type: 'resumed', retry: retried.includes(deployment) });
    }
    void this.#sweepEnvironments(deployments);
  }

  async close(signal: AbortSignal): Promise<void> {
    this.#open = false;
    const suspended = this.#deployments.all().map((deployment) => deployment.suspend(signal));
    this.#packages.close();
    this.#environments.close();
    await Promise.all(suspended);
    await this.#guard.stop();
    await this.#sockets.close();
    await this.#options.confiner.close();
  }

  async deploy(request: DeployRequest): Promise<DeploymentView> {
    this.#requireOpen();
    const ready = await this.#packages.checkNow(request);
    try {
      // Meanwhile the node may have begun to stop: what is added behind that would not be ended.
      this.#requireOpen();
      const deployment = this.#add(
        acceptRequest({ options: this.#options, deployments: this.#deployments }, request, ready),
      );
      if (ready) this.#packages.keep(deployment.record.spec.key, ready);
      await this.#accept(deployment);
      return deployment.view;
    } catch (thrown) {
      ready?.release();
      throw ParleyError.from(thrown);
    }
  }

  get(id: string): DeploymentView {
    return this.#views.of(this.#deployments.resolve(id));
  }

  list(): readonly DeploymentView[] {
    return this.#deployments.fronts().map((deployment) => this.#views.of(deployment));
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
    return this.#views.of(deployment);
  }

  logs(id: string, after: number, limit: number): readonly LogLine[] {
    return this.#deployments.resolve(id).log.read(after, limit);
  }

  followLogs(id: string, after: number, signal: AbortSignal): AsyncIterable<LogLine> {
    return this.#deployments.resolve(id).log.follow(after, signal);
  }

  watch(changed: (view: DeploymentView) => void): () => void {
    return this.#views.watch(changed);
  }

  #add(record: DeploymentRecord): Deployment {
    const deployment = new Deployment(record, this.#host, this.#logs.of(record.spec.id));
    this.#deployments.add(deployment);
    return deployment;
  }

  async #accept(deployment: Deployment): Promise<void> {
    try {
      await this.#ports.assign(deployment);
      await deployment.accept();
    } catch (thrown) {
      this.#deployments.remove(deployment);
      this.#ports.release(deployment);
      this.#packages.drop(deployment.record.spec.key);
      throw ParleyError.from(thrown);
    }
    await deployment.dispatch({ type: 'begun' });
  }

  async #install(record: DeploymentRecord): Promise<InstalledEvent> {
    const accept = (manifest: Manifest): void => acceptFetched(this.#deployments, record, manifest);
    const { installed, manifest, warnings } = await this.#packages.install(record, accept);
    const resolved = await resolveSchemaRefs(manifest, this.#options.findSchema);
    return { type: 'installed', installed, learnt: learnManifest(record.spec.agentId, resolved, warnings) };
  }

  async #load(deployment: Deployment, { folder }: InstalledRef, report: WorkforceReport): Promise<Workforce> {
    await this.#ports.assign(deployment);
    const installed = await loadInstalled(folder);
    const { resources: settings } = this.#options;
    const { limits: asked } = deployment.record.spec;
    const limits = resolveLimits({ asked, manifest: installed.manifest.resources, settings });
    deployment.learn(await findServedSurfaces(installed), limits);
    const successor = () => findSuccessor(this.#deployments, deployment)?.workforce?.executor;
    return createWorkforce(this.#options, {
      deployment,
      installed,
      guard: this.#guard,
      sockets: this.#sockets,
      environments: this.#environments,
      successor,
      report,
    });
  }

  /** The newest healthy deployment of an agent is the current one; those that it replaces end when their calls have. */
  #takeOver({ record }: Deployment): void {
    for (const { deployment, by } of findReplaced(this.#deployments, record.spec.agentId)) {
      void deployment.dispatch({ type: 'superseded', by: by.record.spec.key });
    }
  }

  #moved(deployment: Deployment): void {
    const { spec, state } = deployment.record;
    if (state.status !== 'downloading') this.#packages.drop(spec.key);
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
    this.#views.notify(deployment);
  }

  #progressed(key: string): void {
    const deployment = this.#deployments.all().find(({ record }) => record.spec.key === key);
    if (deployment !== undefined) this.#views.notify(deployment);
  }

  #announce(deployment: Deployment): void {
    try {
      announce(this.#options.registry, this.#deployments, deployment.record.spec.id);
    } catch (thrown) {
      this.#complain(deployment, 'A deployment cannot be announced.', thrown);
    }
  }

  async #forget(deployment: Deployment): Promise<void> {
    this.#deployments.remove(deployment);
    const { id, key } = deployment.record.spec;
    this.#ports.release(deployment);
    const isLast = this.#deployments.ofId(id).length === 0;
    if (isLast) this.#logs.forget(id);
    await Promise.all([this.#journal.remove(key), isLast && this.#options.confiner.forget(id)]).catch(
      (cause: unknown) => this.#complain(deployment, 'A stopped deployment was not removed.', cause),
    );
  }

  /** Once those that come back have asked for theirs. */
  async #sweepEnvironments(deployments: readonly Deployment[]): Promise<void> {
    await Promise.all(deployments.map((deployment) => deployment.settled()));
    if (!this.#open) return;
    await this.#environments
      .sweep()
      .catch((cause: unknown) => this.#options.logger.error('Unused environments were not removed.', { cause }));
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
