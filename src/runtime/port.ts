import type { DeploymentView, DeployRequest, LogLine } from './deployments/model.ts';

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
