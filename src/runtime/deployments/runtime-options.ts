import { dirname, join } from 'node:path';
import type { Clock, Logger, Telemetry } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { Sealer, WorkerCredentials } from '../../security/index.ts';
import type { Store } from '../../store/index.ts';
import { Confiner, canSetUsers } from '../containment/confiner.ts';
import { findReachable } from '../containment/find-reachable.ts';
import { defaultUidSettings, type UidSettings } from '../containment/uid-settings.ts';
import { defaultEnvironmentSettings, type EnvironmentSettings } from '../environments/environment-settings.ts';
import { defaultPythonSettings, PythonBackend, type PythonSettings } from '../python-agent/python-backend.ts';
import type { PackageFetcher } from '../sources/package-fetcher.ts';
import { defaultPackageSettings, type PackageSettings } from '../sources/package-settings.ts';
import { defaultWorkerSettings, type WorkerSettings } from '../supervisor/worker-settings.ts';
import type { ResourceLimits, RestartPolicy } from './model.ts';
import type { PortRange } from './port-pool.ts';
import type { FindSchema } from './resolve-schema-refs.ts';

/** What the runtime is given by the composition. */
export interface RuntimeOptions {
  /** With a collection `deployments` that has the index `all`. */
  readonly store: Store;
  readonly registry: Registry;
  /** Absolute path; installed packages live in it. */
  readonly packagesFolder: string;
  /** Absolute path; fetched and uploaded packages are kept there. Default: `cache` beside the packages folder. */
  readonly cacheFolder?: string;
  /** The way to packages at URLs; without it they are refused. */
  readonly fetcher?: PackageFetcher;
  /** The way to schemas that skills name; without it packages with such skills are refused. */
  readonly findSchema?: FindSchema;
  readonly packages?: Partial<PackageSettings>;
  /** Of what packages depend on. */
  readonly environments?: Partial<EnvironmentSettings>;
  readonly workerCredentials: Pick<WorkerCredentials, 'issue'>;
  readonly sealer: Sealer;
  /** The base URL by which workers reach the fabric. */
  readonly fabricUrl: () => string;
  /** `host:port` of the fabric's gRPC; undefined while there is none. */
  readonly fabricGrpc?: () => string | undefined;
  /** Absolute paths or names in PATH. */
  readonly interpreters: { readonly node: string; readonly python: string };
  /** Names of the node's environment that workers get beside the allow-list. */
  readonly passEnv: readonly string[];
  readonly nodeEnvironment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
  /** Where deployments get ports of their own; without it they have none. */
  readonly ports?: PortRange;
  /** What a deployment's own policy leaves open. */
  readonly restart?: Partial<RestartPolicy>;
  readonly workers?: Partial<WorkerSettings>;
  readonly limits?: Partial<RuntimeLimits>;
  /** Of sessions in which packages have Python code run. */
  readonly python?: Partial<PythonSettings>;
  /** What a deploy request leaves open. Default: no limits. */
  readonly resources?: Partial<ResourceLimits>;
  /** Users of their own for deployments; without it they run as the node's. */
  readonly containment?: { readonly dataFolder: string; readonly uids: UidSettings };
}

/** Bounds of what is kept and allowed. */
export interface RuntimeLimits {
  readonly logLines: number;
  readonly logBytes: number;
  /** Of one program call's standard output. */
  readonly outputBytes: number;
  readonly replicas: number;
  /** Processes at once of one deployment whose package is a stdin/stdout program. */
  readonly programs: number;
  /** Stopped deployments of one agent that are remembered. */
  readonly keptStopped: number;
}

export type ResolvedRuntimeOptions = Omit<
  RuntimeOptions,
  | 'restart'
  | 'workers'
  | 'limits'
  | 'resources'
  | 'containment'
  | 'packages'
  | 'environments'
  | 'cacheFolder'
  | 'python'
> & {
  readonly cacheFolder: string;
  readonly packages: PackageSettings;
  readonly environments: EnvironmentSettings;
  readonly restart: RestartPolicy;
  readonly workers: WorkerSettings;
  readonly limits: RuntimeLimits;
  readonly resources: ResourceLimits;
  readonly confiner: Confiner;
  readonly python: PythonBackend;
};

/** The restart policy where nobody says otherwise. */
const defaultRestartPolicy: RestartPolicy = Object.freeze({
  mode: 'on-failure',
  delayMs: 1_000,
  multiplier: 2,
  maxDelayMs: 300_000,
  maxRestarts: 5,
  windowMs: 60_000,
});

const defaultLimits: RuntimeLimits = Object.freeze({
  logLines: 2_000,
  logBytes: 1024 * 1024,
  outputBytes: 16 * 1024 * 1024,
  replicas: 64,
  programs: 32,
  keptStopped: 10,
});

const noOwnUsers: UidSettings = Object.freeze({ ...defaultUidSettings, mode: 'off' });

/** Fills in the defaults. */
export function resolveRuntimeOptions(options: RuntimeOptions): ResolvedRuntimeOptions {
  const confiner = createConfiner(options);
  return {
    ...options,
    cacheFolder: options.cacheFolder ?? join(dirname(options.packagesFolder), 'cache'),
    packages: { ...defaultPackageSettings, ...options.packages },
    environments: { ...defaultEnvironmentSettings, ...options.environments },
    restart: { ...defaultRestartPolicy, ...options.restart },
    workers: { ...defaultWorkerSettings, ...options.workers },
    limits: { ...defaultLimits, ...options.limits },
    resources: { memoryBytes: undefined, cpus: undefined, ...options.resources },
    confiner,
    interpreters: chooseInterpreters(options),
    python: createPythonBackend(options, confiner),
  };
}

/** What deployments can run as users of their own, where they have some. */
function chooseInterpreters({
  interpreters,
  containment,
  nodeEnvironment,
}: RuntimeOptions): RuntimeOptions['interpreters'] {
  const { mode } = containment?.uids ?? noOwnUsers;
  if (containment === undefined || mode === 'off' || !canSetUsers()) return interpreters;
  const path = nodeEnvironment['PATH'] ?? '';
  return { ...interpreters, python: findReachable(interpreters.python, path, containment.uids) };
}

function createPythonBackend(
  { python, workers, packagesFolder, clock }: RuntimeOptions,
  confiner: Confiner,
): PythonBackend {
  return new PythonBackend({
    settings: { ...defaultPythonSettings, ...python },
    folder: join(dirname(packagesFolder), 'sessions'),
    confiner,
    clock,
    readyTimeoutMs: workers?.readyTimeoutMs ?? defaultWorkerSettings.readyTimeoutMs,
  });
}

function createConfiner({ containment, packagesFolder, clock, logger }: RuntimeOptions): Confiner {
  const { dataFolder = dirname(packagesFolder), uids = noOwnUsers } = containment ?? {};
  return new Confiner({ dataFolder, uids, clock, logger });
}
