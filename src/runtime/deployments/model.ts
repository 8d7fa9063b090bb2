/** interop.md §3: pending → downloading → loading → starting → healthy; failed, stopping, stopped. */
export type DeploymentStatus =
  | 'pending'
  | 'downloading'
  | 'loading'
  | 'starting'
  | 'healthy'
  | 'failed'
  | 'stopping'
  | 'stopped';

/** Where a package comes from; absolute paths on the node's machine. */
export type PackageSource =
  | LocalSource
  /** http or https; fetched into the node's cache. */
  | { readonly kind: 'url'; readonly url: string }
  /** Uploaded to this node before; lower-case hex digest of the file. */
  | { readonly kind: 'upload'; readonly sha256: string };

/** A package that lies on the node's disk. */
export type LocalSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string };

/** What the processes of one replica may use together; undefined: as much as there is. */
export interface ResourceLimits {
  readonly memoryBytes: number | undefined;
  /** Processor cores; 0.5 is half of one. */
  readonly cpus: number | undefined;
}

/** What an operator can change while it runs. */
export interface DeploymentSettings {
  readonly replicas: number;
  /** Share of its agent's new calls, against the weights of the agent's other deployments; 0: only calls by its own id. */
  readonly weight: number;
  /** False: it takes no new calls. */
  readonly enabled: boolean;
}

/** Where a deployment can be reached beside the front door; they belong to it as long as it exists. */
export interface DeploymentPorts {
  readonly http: number;
  readonly grpc: number;
}

export interface RestartPolicy {
  readonly mode: 'always' | 'on-failure' | 'never';
  /** First delay; doubles by `multiplier` up to `maxDelayMs`. */
  readonly delayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
  /** More restarts than this within `windowMs`: the deployment has failed. */
  readonly maxRestarts: number;
  readonly windowMs: number;
}

export interface DeployRequest {
  readonly source: PackageSource;
  /** Default: the package's name. */
  readonly agentId?: string;
  /** Default: the agent id and a short random suffix. */
  readonly deploymentId?: string;
  /** Default 1. */
  readonly replicas?: number;
  /** Sealed at rest, never returned. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly restart?: Partial<RestartPolicy>;
  /** Refused when the file's digest differs (not for folders). */
  readonly packageSha256?: string;
  /** `replace` (default): the agent's other deployments end when this one is healthy; `beside`: they go on, calls are shared by weight. */
  readonly strategy?: 'replace' | 'beside';
  /** Default 1. */
  readonly weight?: number;
  /** Default: the package's, else none. */
  readonly limits?: Partial<ResourceLimits>;
  /** Lets the installation of dependencies run their code. Default false. */
  readonly allowBuild?: boolean;
  /** Takes a version lower than the one that the agent has. Default false. */
  readonly allowDowngrade?: boolean;
  /** Text of the detached signature (`NAME.apkg.sig`). Default: what lies beside the file or at `<url>.sig`. */
  readonly signature?: string;
  /** What is not said here is taken from the agent's current deployment, its environment too. Default false. */
  readonly inherit?: boolean;
  /** Environments are shared within an organization only. */
  readonly organization?: string;
}

/** A deployment as a person or a program sees it. */
export interface DeploymentView {
  readonly id: string;
  readonly agentId: string;
  readonly source: PackageSource;
  /** `name@version` once the package is read. */
  readonly packageId: string | undefined;
  /** Of its content, once the package is installed. */
  readonly packageDigest: string | undefined;
  readonly status: DeploymentStatus;
  /** What is going on or what is wrong, in a sentence. */
  readonly message: string | undefined;
  /** What a person should know although it runs. */
  readonly warnings: readonly string[];
  /** `error`: the whole text of what went wrong; `progress`: of a download. */
  readonly details: DeploymentDetails;
  readonly replicas: number;
  readonly weight: number;
  readonly enabled: boolean;
  readonly limits: ResourceLimits;
  readonly surfaces: { readonly rest: boolean; readonly a2a: boolean; readonly ui: boolean };
  readonly ports: DeploymentPorts | undefined;
  /** Calls and surface requests under way, and when the last one began or ended. */
  readonly inFlight: number;
  readonly lastActivityAtMs: number | undefined;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly workers: readonly WorkerView[];
}

/** One of the deployments that an agent has or had. */
export interface HistoryEntry {
  /** Names it for a rollback: the deployment id, and `~2`, `~3`… behind it for the later ones of one id. */
  readonly key: string;
  readonly id: string;
  /** `name@version` once the package is read. */
  readonly packageId: string;
  readonly packageDigest: string | undefined;
  readonly version: string;
  readonly status: DeploymentStatus;
  readonly message: string | undefined;
  /** It is what the agent's id means. */
  readonly current: boolean;
  /** It has been healthy: one can go back to it. */
  readonly served: boolean;
  /** It has ended because an earlier one was gone back to, which runs. */
  readonly rolledBack: boolean;
  readonly replicas: number;
  readonly weight: number;
  readonly enabled: boolean;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
}

/** What a rollback has begun. */
export interface Rollback {
  readonly agentId: string;
  /** What was current, or on its way to be. */
  readonly from: HistoryEntry;
  /** What is to be current again. */
  readonly to: HistoryEntry;
}

export interface DeploymentDetails {
  readonly error?: string;
  readonly progress?: { readonly receivedBytes: number; readonly totalBytes: number | undefined };
}

export interface WorkerView {
  readonly id: string;
  /** Undefined between two processes, and for programs that run once per call. */
  readonly pid: number | undefined;
  readonly state: 'starting' | 'ready' | 'draining' | 'waiting' | 'stopped';
  readonly inFlight: number;
  /** Of all its processes together, as last sampled. */
  readonly memoryBytes: number | undefined;
  readonly startedAtMs: number | undefined;
  readonly restarts: number;
  readonly lastExit: string | undefined;
}

export interface LogLine {
  /** Grows by one per line of a deployment. */
  readonly sequence: number;
  readonly atMs: number;
  readonly deploymentId: string;
  readonly workerId: string;
  readonly stream: 'stdout' | 'stderr' | 'log' | 'supervisor';
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}
