import type { AgentRecord } from '../../agents/index.ts';
import type { DeploymentState } from './machine.ts';
import type { DeploymentPorts, DeploymentSettings, PackageSource, ResourceLimits, RestartPolicy } from './model.ts';

/** What was asked for; it does not change any more. */
export interface DeploymentSpec {
  /** The deployment id, and `~2`, `~3`… behind it when it replaces an earlier one of the same id. Key in the store. */
  readonly key: string;
  readonly id: string;
  readonly agentId: string;
  readonly source: PackageSource;
  readonly packageSha256: string | undefined;
  readonly strategy: 'replace' | 'beside';
  readonly restart: RestartPolicy;
  /** The environment as JSON, sealed; undefined when it is empty. */
  readonly sealedEnvironment: string | undefined;
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
  /** Grows with every deploy or restart of the agent: the healthy one with the highest number is current. */
  readonly turn: number;
  /** Events in its journal. */
  readonly version: number;
}
