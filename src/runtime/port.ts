import type { DeploymentView, DeployRequest, HistoryEntry, LogLine, Rollback } from './deployments/model.ts';

/**
 * Packages that run. Guarantees: a deployment that was accepted is journalled and survives a restart of the node; what was
 * healthy comes back by itself; no process outlives the node.
 * Errors: NOT_FOUND, CONFLICT (the id is taken), PACKAGE_INVALID and MANIFEST_INVALID (before anything is written).
 */
export interface Runtime {
  /** Reads and checks the package, journals the deployment, then goes on in the background. */
  deploy(request: DeployRequest): Promise<DeploymentView>;
  /** By deployment id, or by agent id for its current deployment. */
  get(id: string): DeploymentView;
  list(): readonly DeploymentView[];
  /** Drains, ends the workers, resolves when they are gone. */
  stop(id: string): Promise<DeploymentView>;
  /** New workers for the same deployment, one after the other; also brings back a failed or stopped one. */
  restart(id: string): Promise<DeploymentView>;
  /** Kept lines with sequence > `after`, oldest first, the newest `limit` of them. */
  logs(id: string, after: number, limit: number): readonly LogLine[];
  /** Lines as they come, until the signal aborts. A slow reader loses the oldest, and is told by the gap in sequence. */
  followLogs(id: string, after: number, signal: AbortSignal): AsyncIterable<LogLine>;
  /** Calls `changed` after every change of a deployment. Returns how to stop. */
  watch(changed: (view: DeploymentView) => void): () => void;
}

/**
 * What is changed while it runs. Guarantees: a change is journalled before it shows, and survives a restart of the node; calls
 * under way are not touched by it; what is so already is not changed. Errors: NOT_FOUND, CONFLICT, VALIDATION_FAILED.
 */
export interface DeploymentChanges {
  /** So many replicas; those that are too many finish their calls. An agent id means its current deployment. */
  scale(id: string, replicas: number): Promise<DeploymentView>;
  /** Shares of the agent's new calls by deployment id; those that are not named keep theirs. Answers all that run. */
  setWeights(agentId: string, weights: Readonly<Record<string, number>>): Promise<readonly DeploymentView[]>;
  /** Lets a deployment, or all that run of an agent, take new calls or none: these are refused with AGENT_DISABLED. */
  setEnabled(id: string, enabled: boolean): Promise<readonly DeploymentView[]>;
  /**
   * An earlier deployment becomes the agent's only one again, as soon as it is healthy, with all that it had; until then the
   * present one goes on. `to`: a deployment id or a key of the history; default: the one before the present one that has served.
   */
  rollback(agentId: string, to?: string): Promise<Rollback>;
  /** The agent's deployments that are remembered, newest first. */
  history(id: string): readonly HistoryEntry[];
}
