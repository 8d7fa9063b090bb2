import type { AgentRecord } from '../../agents/index.ts';
import type { DeploymentState } from './machine.ts';
import type { DeploymentPorts, DeploymentSettings, PackageSource, ResourceLimits, RestartPolicy } from './model.ts';

/** What was asked for; it does not change any more. */
export interface DeploymentSpec {
  /** The deployment id, and `~2`, `~3`… behind it when it replaces an earlier one of the same id. Key in the store. */
  readonly key: string;
  readonly id: string;
  readonly agentId: string;
  /** The agent id comes from a file name: the package must have that name. */
  readonly agentIdGuessed?: boolean;
  /** A URL without what may be secret in it. */
  readonly source: PackageSource;
  /** The whole URL, sealed. */
  readonly sealedUrl?: string | undefined;
  /** Text of the detached signature that came with the request. */
  readonly signature?: string | undefined;
  readonly packageSha256: string | undefined;
  readonly strategy: 'replace' | 'beside';
  readonly restart: RestartPolicy;
  /** The environment as JSON, sealed; undefined when it is empty. */
  readonly sealedEnvironment: string | undefined;
  /** As asked for; the package and the settings have a say in what is left open. */
  readonly limits: ResourceLimits;
  readonly allowBuild: boolean;
  readonly allowDowngrade: boolean;
  readonly organization: string | undefined;
  /** Shared by all deployments of one id. */
  readonly ports: DeploymentPorts | undefined;
  readonly createdAtMs: number;
}

/** All that is kept of a deployment: the document in the store. */
export interface DeploymentRecord {
  readonly spec: DeploymentSpec;
  /** The agent as its manifest describes it. */
  readonly agent: AgentRecord;
  readonly warnings: readonly string[];
  readonly state: DeploymentState;
  readonly settings: DeploymentSettings;
  readonly changedAtMs: number;
  /** Grows with every deploy, restart or rollback of the agent: the healthy one with the highest number is current. */
  readonly turn: number;
  /** The agent's deployments of lower turns end when this one is healthy. */
  readonly exclusive: boolean;
  /** Events in its journal. */
  readonly version: number;
}
