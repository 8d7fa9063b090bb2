import { join } from 'node:path';
import { type Clock, type Component, type Logger, ParleyError } from '../../base/index.ts';
import type { DeploymentView } from '../deployments/model.ts';
import type { Runtime } from '../port.ts';
import type { PackageFetcher } from '../sources/package-fetcher.ts';
import type { PackageLibrary } from '../sources/package-library.ts';
import { parsePackageUrl } from '../sources/package-url.ts';
import { createFolderRegistry, createHttpRegistry, type ReadRegistry } from './read-registry.ts';
import type { RegistryEntry, RegistryIndex } from './registry-index.ts';
import { type PlannedPackage, planRegistry } from './registry-plan.ts';
import { TriedVersions } from './tried-versions.ts';

/** A registry of packages, as it was last seen. */
export interface PackageRegistryView {
  /** Its address without what may be secret, or its folder. */
  readonly source: string;
  readonly intervalMs: number;
  readonly checkedAtMs: number | undefined;
  /** Why it could not be read the last time. */
  readonly error: string | undefined;
  /** What of it was left out. */
  readonly problems: readonly string[];
  readonly packages: readonly RegistryPackageView[];
}

/** The highest version of one package of the registry. */
export interface RegistryPackageView {
  readonly name: string;
  readonly version: string;
  readonly sha256: string;
  /**
   * `deployed`: just now; `current`: the agent has it or a higher one; `tried`: it was here before, or failed; `waiting`: another
   * deployment is on its way; `not-followed`: nobody asked for the agent, or it was stopped or disabled.
   */
  readonly state: 'deployed' | 'current' | 'tried' | 'waiting' | 'not-followed';
  /** What was wrong with it. */
  readonly message: string | undefined;
}

/** A registry that this node follows. */
export interface PackageRegistry {
  view(): PackageRegistryView;
  /** Looks now, and deploys what is new. Never throws: what went wrong is in the view. */
  refresh(): Promise<PackageRegistryView>;
}

export interface PackageRegistryOptions {
  readonly settings: {
    /** An http(s) address of an index, or a folder. */
    readonly source: string;
    readonly intervalMs: number;
    readonly agents?: readonly string[] | undefined;
  };
  readonly runtime: Pick<Runtime, 'deploy' | 'list' | 'watch'>;
  readonly library: Pick<PackageLibrary, 'list'>;
  readonly fetcher: PackageFetcher;
  /** Where it remembers what it has tried. */
  readonly cacheFolder: string;
  readonly maxBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A registry that is looked at in intervals, from `start` on. */
export function createPackageRegistry(options: PackageRegistryOptions): {
  readonly registry: PackageRegistry;
  readonly component: Component;
} {
  const follower = new RegistryFollower(options);
  const component: Component = {
    name: 'registry of packages',
    start: () => follower.open(),
    stop: () => follower.close(),
  };
  return { registry: follower, component };
}

class RegistryFollower implements PackageRegistry {
  readonly #options: PackageRegistryOptions;
  readonly #read: ReadRegistry;
  readonly #shown: string;
  readonly #tried: TriedVersions;
  readonly #stopped = new AbortController();
  #refreshing: Promise<PackageRegistryView> | undefined;
  #cancel: () => void = () => {};
  #last: Omit<PackageRegistryView, 'source' | 'intervalMs'>;

  constructor(options: PackageRegistryOptions) {
    const { settings, fetcher, maxBytes, cacheFolder } = options;
    const isUrl = /^https?:/i.test(settings.source);
    this.#options = options;
    this.#read = isUrl ? createHttpRegistry(settings.source, fetcher) : createFolderRegistry(settings.source, maxBytes);
    this.#shown = isUrl ? parsePackageUrl(settings.source).shown : settings.source;
    this.#tried = new TriedVersions(join(cacheFolder, 'registry.json'));
    this.#last = { checkedAtMs: undefined, error: undefined, problems: [], packages: [] };
  }

  async open(): Promise<void> {
    await this.#tried.load();
    void this.#poll();
  }

  async close(): Promise<void> {
    this.#cancel();
    this.#stopped.abort(new ParleyError('CANCELED', 'The node stops.'));
    await this.#refreshing;
  }

  view(): PackageRegistryView {
    return { source: this.#shown, intervalMs: this.#options.settings.intervalMs, ...this.#last };
  }

  refresh(): Promise<PackageRegistryView> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #poll(): Promise<void> {
    await this.refresh();
    if (this.#stopped.signal.aborted) return;
    const { clock, settings } = this.#options;
    this.#cancel = clock.schedule(settings.intervalMs, () => void this.#poll());
  }

  async #refresh(): Promise<PackageRegistryView> {
    const checkedAtMs = this.#options.clock.now();
    try {
      const { entries, problems } = await this.#read(this.#stopped.signal);
      this.#complain(problems, this.#last.problems);
      const packages = await this.#follow({ entries, problems });
      this.#last = { checkedAtMs, error: undefined, problems, packages };
    } catch (thrown) {
      const error = ParleyError.from(thrown).message;
      this.#complain([error], [this.#last.error ?? '']);
      this.#last = { ...this.#last, checkedAtMs, error };
    }
    return this.view();
  }

  async #follow({ entries }: RegistryIndex): Promise<readonly RegistryPackageView[]> {
    const { runtime, library, settings } = this.#options;
    const installed = (await library.list()).filter((view) => view.installed).map(({ digest }) => digest);
    const tried = (entry: RegistryEntry): boolean => this.#tried.has(entry) || installed.includes(entry.sha256);
    const plans = planRegistry({ entries, deployments: runtime.list(), agents: settings.agents, tried });
    const views: RegistryPackageView[] = [];
    for (const plan of plans) views.push(await this.#carryOut(plan));
    return views;
  }

  async #carryOut({ entry, state }: PlannedPackage): Promise<RegistryPackageView> {
    if (state === 'deploy') await this.#deploy(entry);
    const { name, version, sha256 } = entry;
    const message = this.#tried.problemOf(entry);
    const became = message === undefined ? 'deployed' : 'tried';
    return { name, version, sha256, state: state === 'deploy' ? became : state, message };
  }

  async #deploy(entry: RegistryEntry): Promise<void> {
    const { runtime, logger } = this.#options;
    const { name: agentId, version, source, sha256: packageSha256, signature } = entry;
    await this.#tried.add(entry, '');
    try {
      const optional = { ...(signature !== undefined && { signature }) };
      const view = await runtime.deploy({ agentId, source, packageSha256, inherit: true, ...optional });
      logger.info('The registry of packages has a new version.', { agent: agentId, version, deployment: view.id });
      this.#watch(entry, view);
    } catch (thrown) {
      await this.#reject(entry, ParleyError.from(thrown).message);
    }
  }

  /** Until it is healthy, or what is wrong with it is known. */
  #watch(entry: RegistryEntry, { id, createdAtMs }: DeploymentView): void {
    const unwatch = this.#options.runtime.watch((view) => {
      if (view.id !== id || view.createdAtMs !== createdAtMs) return;
      if (view.status === 'failed') void this.#reject(entry, view.message ?? 'It failed.');
      if (['healthy', 'failed', 'stopping', 'stopped'].includes(view.status)) unwatch();
    });
  }

  async #reject(entry: RegistryEntry, problem: string): Promise<void> {
    const { name: agent, version } = entry;
    this.#options.logger.warn('A version from the registry of packages is not taken.', { agent, version, problem });
    await this.#tried.add(entry, problem).catch((cause: unknown) => {
      this.#options.logger.error('The registry of packages cannot remember a version.', { agent, version, cause });
    });
    const packages = this.#last.packages.map((view): RegistryPackageView => {
      return view.name === agent && view.version === version ? { ...view, state: 'tried', message: problem } : view;
    });
    this.#last = { ...this.#last, packages };
  }

  /** What is wrong is said once, not in each interval. */
  #complain(problems: readonly string[], before: readonly string[]): void {
    for (const problem of problems.filter((text) => !before.includes(text))) {
      this.#options.logger.warn('The registry of packages cannot be read whole.', { problem });
    }
  }
}
