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
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string };

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
  /** Refused when the file's digest differs (file sources). */
  readonly packageSha256?: string;
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
  readonly replicas: number;
  readonly createdAtMs: number;
  readonly changedAtMs: number;
  readonly workers: readonly WorkerView[];
}

export interface WorkerView {
  readonly id: string;
  /** Undefined between two processes, and for programs that run once per call. */
  readonly pid: number | undefined;
  readonly state: 'starting' | 'ready' | 'draining' | 'waiting' | 'stopped';
  readonly inFlight: number;
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
