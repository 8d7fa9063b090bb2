import { chmod, rm } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../base/index.ts';
import type { PythonTier } from '../../registry/index.ts';
import type { Confiner } from '../containment/confiner.ts';
import { removeFolder } from '../containment/remove-folder.ts';
import type { InstalledPackage } from '../packages/install-package.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import type { Guard } from '../supervisor/guard.ts';
import type { LogRing } from '../supervisor/log-ring.ts';
import type { SocketFolders } from '../supervisor/socket-folders.ts';
import type { Workforce } from '../supervisor/workforce.ts';
import { DeploymentSessions } from './deployment-sessions.ts';
import type { SessionLaunch } from './session-process.ts';
import { createSessionQuota, type SessionQuota } from './session-quota.ts';
import { confineSession } from './tiers.ts';
import { withPython } from './with-python.ts';

/** How many sessions there may be, and how long one lives that nobody uses. */
export interface PythonSettings {
  readonly idleMs: number;
  readonly maxSessions: number;
  readonly maxSessionsPerDeployment: number;
}

export const defaultPythonSettings: PythonSettings = Object.freeze({
  idleMs: 90 * 60_000,
  maxSessions: 32,
  maxSessionsPerDeployment: 8,
});

export interface PythonBackendOptions {
  readonly settings: PythonSettings;
  /** Absolute; the sessions' folders lie in it, and nothing else. What an earlier run left there goes away. */
  readonly folder: string;
  readonly confiner: Pick<Confiner, 'makeFolder'>;
  readonly clock: Clock;
  readonly readyTimeoutMs: number;
}

/** One version of a deployment, before its workers are made. */
export interface PythonRequest {
  readonly deploymentId: string;
  /** Another one for each version of the deployment. */
  readonly key: string;
  readonly installed: InstalledPackage;
  readonly interpreter: string;
  /** What every process may see of the environment; nothing of the deployment's own, no credential. */
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
  readonly guard: Pick<Guard, 'add' | 'remove'>;
  readonly sockets: SocketFolders;
  readonly log: LogRing;
}

/** Sessions for a version of a deployment. */
export interface PreparedPython {
  /** By which its workers find them. */
  readonly variables: Readonly<Record<string, string>>;
  /** The workforce with the sessions: they end when its workers have ended. */
  attach(workforce: Workforce): Workforce;
}

/** The sessions lie beside the hosts. */
const pythonFolder = fileURLToPath(new URL('../../../python', import.meta.url));

/** Gives deployments their Python sessions, and counts those of the whole node. */
export class PythonBackend {
  readonly #options: PythonBackendOptions;
  readonly #quota: SessionQuota;
  #swept: Promise<void> | undefined;

  constructor(options: PythonBackendOptions) {
    this.#options = options;
    const { maxSessions: perNode, maxSessionsPerDeployment: perDeployment } = options.settings;
    this.#quota = createSessionQuota({ perNode, perDeployment });
  }

  /** Undefined for a package that does not ask for it. */
  async prepare(request: PythonRequest): Promise<PreparedPython | undefined> {
    if (!request.installed.manifest.pythonSessions) return undefined;
    this.#swept ??= sweep(this.#options.folder);
    await this.#swept;
    const { socketPath: place, remove } = await request.sockets.open(request.confinement);
    const socketPath = join(dirname(place), 'python.sock');
    const sessions = this.#createSessions(request, socketPath);
    return {
      variables: { PARLEY_PYTHON_SOCKET: socketPath },
      attach: (workforce) => withPython(workforce, { sessions, ended: remove }),
    };
  }

  #createSessions(request: PythonRequest, socketPath: string): DeploymentSessions {
    const { settings, clock, readyTimeoutMs, folder } = this.#options;
    const { deploymentId, confinement, guard, log } = request;
    return new DeploymentSessions({
      deploymentId,
      socketPath,
      uid: confinement.uid,
      launch: (own, tier) => this.#createLaunch(request, own, tier),
      removeFolder: (own) => removeFolder(own, confinement),
      folder: join(folder, request.key),
      guard,
      clock,
      quota: this.#quota,
      idleMs: settings.idleMs,
      readyTimeoutMs,
      log: (message) => log.append({ workerId: '', stream: 'supervisor', level: 'warn', message }),
    });
  }

  async #createLaunch(request: PythonRequest, own: string, tier: PythonTier): Promise<SessionLaunch> {
    const { installed, interpreter, environment, confinement } = request;
    await this.#options.confiner.makeFolder(own, confinement);
    const { folder } = installed;
    return {
      command: interpreter,
      args: ['-m', 'parley_session'],
      cwd: own,
      environment: {
        ...environment,
        HOME: own,
        TMPDIR: join(own, 'tmp'),
        PYTHONPATH: [pythonFolder, folder, join(folder, 'src')].join(delimiter),
        PYTHONDONTWRITEBYTECODE: '1',
        PYTHONUTF8: '1',
      },
      confinement: confineSession(confinement, tier),
    };
  }
}

/** Closed first: nobody else may lead the way out of it while it is removed. */
async function sweep(folder: string): Promise<void> {
  await chmod(folder, 0o700).catch(() => {});
  await rm(folder, { recursive: true, force: true });
}
