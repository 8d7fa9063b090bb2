import { hasCode, ParleyError } from '../../base/index.ts';
import {
  type ControlClient,
  type DeploymentView,
  type DeployRequest,
  readIgnoreRules,
  readPackage,
} from '../../control/index.ts';
import type { DevScreen } from './dev-screen.ts';
import { findManifestPlaces, findTracePlace, type Place, toAuthorsPaths } from './find-places.ts';
import { FolderWatch } from './watch-folder.ts';

export interface DevSessionOptions {
  /** Absolute. */
  readonly folder: string;
  readonly client: ControlClient;
  /** Of the node. */
  readonly url: string;
  readonly screen: DevScreen;
  readonly environment: Readonly<Record<string, string>>;
  /** Ends the session. */
  readonly signal: AbortSignal;
}

type Deployed = Pick<DeploymentView, 'id' | 'agentId'>;

const traceLines = 200;

/** Keeps a deployment as its folder is: deploys it, and again after each change, under one id. */
export class DevSession {
  readonly #options: DevSessionOptions;
  readonly #changed = new Set<string>();
  #wake = Promise.withResolvers<void>();
  /** Aborts when the attempt under way is of a version that is not the newest any more. */
  #outdated = new AbortController();
  #deployed: Deployed | undefined;
  #running = false;
  /** Of the version that runs or is on its way. */
  #digest: string | undefined;
  #followed: string | undefined;

  constructor(options: DevSessionOptions) {
    this.#options = options;
  }

  /** Returns when the signal has aborted and the deployment has ended. */
  async run(): Promise<void> {
    const { folder, signal } = this.#options;
    const watch = new FolderWatch({
      folder,
      readIgnored: () => readIgnoreRules(folder),
      onChange: (paths) => this.#change(paths),
    });
    const stop = (): void => this.#change([]);
    signal.addEventListener('abort', stop, { once: true });
    try {
      await watch.open();
      await this.#follow();
    } finally {
      signal.removeEventListener('abort', stop);
      watch.close();
      await this.#end();
    }
  }

  #change(paths: readonly string[]): void {
    for (const path of paths) this.#changed.add(path);
    this.#outdated.abort();
    this.#wake.resolve();
  }

  async #follow(): Promise<void> {
    let changed: readonly string[] | undefined;
    while (!this.#options.signal.aborted) {
      this.#outdated = new AbortController();
      this.#wake = Promise.withResolvers();
      await this.#attempt(changed);
      await this.#wake.promise;
      changed = [...this.#changed];
      this.#changed.clear();
    }
  }

  async #attempt(changed: readonly string[] | undefined): Promise<void> {
    const { folder, screen } = this.#options;
    const startedMs = performance.now();
    let newestLine = 0;
    try {
      const { digest, manifest } = await readPackage({ kind: 'folder', path: folder });
      if (digest === this.#digest) return;
      this.#digest = digest;
      await this.#leave(manifest.name);
      const id = `${manifest.name}-dev`;
      newestLine = await this.#newestLine(id);
      const view = await this.#deploy(id, newestLine);
      if (view === undefined) {
        this.#digest = undefined;
        return;
      }
      const first = !this.#running;
      this.#running = true;
      const url = `${this.#options.url}/a2a/${encodeURIComponent(view.agentId)}`;
      const tookMs = Math.round(performance.now() - startedMs);
      screen.healthy({ view, tookMs, url, changed: first ? undefined : changed });
    } catch (thrown) {
      this.#digest = undefined;
      await this.#report(ParleyError.from(thrown), newestLine);
    }
  }

  /** Another name is another agent: the one of the old name ends. */
  async #leave(agentId: string): Promise<void> {
    const before = this.#deployed;
    if (before === undefined || before.agentId === agentId) return;
    await this.#options.client.deployments.stop(before.id);
    this.#deployed = undefined;
    this.#running = false;
  }

  /** The new version once it is healthy; undefined when it is outdated before. Throws why it is not. */
  async #deploy(id: string, newestLine: number): Promise<DeploymentView | undefined> {
    const { client, folder, environment } = this.#options;
    const request: DeployRequest = {
      source: { kind: 'folder', path: folder },
      deploymentId: id,
      allowDowngrade: true,
      ...(Object.keys(environment).length > 0 && { environment }),
    };
    const accepted = await client.deployments.deploy(request);
    this.#deployed = accepted;
    void this.#showLog(id, newestLine);
    // The watch shows whichever version of the id changed last, the history all of them.
    for await (const _ of client.deployments.watch(id, this.#outdated.signal)) {
      const history = await client.changes.history(accepted.agentId);
      const own = history.find((entry) => entry.id === id && entry.createdAtMs === accepted.createdAtMs);
      if (own?.status === 'healthy') return client.deployments.get(id);
      if (own?.status === 'failed') throw failure(own.message, folder);
    }
    return undefined;
  }

  async #newestLine(id: string): Promise<number> {
    try {
      return (await this.#options.client.deployments.logs(id, 0, 1)).at(-1)?.sequence ?? 0;
    } catch (thrown) {
      if (hasCode(thrown, 'NOT_FOUND') || hasCode(thrown, 'AGENT_NOT_FOUND')) return 0;
      throw thrown;
    }
  }

  /** Shows the log of all versions as it grows, as long as the node answers. */
  async #showLog(id: string, after: number): Promise<void> {
    if (this.#followed === id) return;
    this.#followed = id;
    const { client, screen, folder, signal } = this.#options;
    try {
      for await (const line of client.deployments.followLogs(id, after, signal)) {
        // What became of a version as a whole is told as a problem.
        const isTold = line.stream === 'supervisor' && line.workerId === '';
        if (!isTold) screen.log({ ...line, message: toAuthorsPaths(line.message, folder) });
      }
    } catch {
      // The node has gone, which the next attempt tells.
    } finally {
      this.#followed = undefined;
    }
  }

  async #report(error: ParleyError, newestLine: number): Promise<void> {
    const { screen, folder, signal } = this.#options;
    if (signal.aborted || this.#outdated.signal.aborted) return;
    const places = [...(await findManifestPlaces(error, folder)), ...(await this.#findTrace(error, newestLine))];
    screen.problem({ error, places, running: this.#running });
  }

  async #findTrace(error: ParleyError, newestLine: number): Promise<readonly Place[]> {
    if (this.#deployed === undefined || error.code !== 'WORKER_START_FAILED') return [];
    const { client, folder } = this.#options;
    const lines = await client.deployments.logs(this.#deployed.id, newestLine, traceLines).catch(() => []);
    const place = await findTracePlace(lines, folder);
    return place === undefined ? [] : [place];
  }

  async #end(): Promise<void> {
    this.#options.screen.stopping();
    if (this.#deployed !== undefined)
      await this.#options.client.deployments.stop(this.#deployed.id).catch((thrown: unknown) => {
        if (!hasCode(thrown, 'UNREACHABLE')) throw thrown;
      });
  }
}

function failure(message: string | undefined, folder: string): ParleyError {
  return new ParleyError('WORKER_START_FAILED', toAuthorsPaths(message ?? 'The version has failed.', folder));
}
