import type { DeploymentChanges, DeploymentView, HistoryEntry, Rollback } from '../runtime/index.ts';

/** Changes of what runs; wherever an id is asked for, an agent id means its current deployment. Errors as the runtime has them. */
export interface ChangeControl {
  scale(id: string, replicas: number): Promise<DeploymentView>;
  setWeights(agentId: string, weights: Readonly<Record<string, number>>): Promise<readonly DeploymentView[]>;
  /** A deployment, or all that run of an agent. */
  enable(id: string): Promise<readonly DeploymentView[]>;
  disable(id: string): Promise<readonly DeploymentView[]>;
  /** Answers what it has begun; the earlier deployment takes over as soon as it is healthy. */
  rollback(agentId: string, to?: string): Promise<Rollback>;
  /** Newest first. */
  history(id: string): readonly HistoryEntry[];
}

/** Use cases over the runtime. */
export function createChangeControl(changes: DeploymentChanges): ChangeControl {
  return {
    scale: (id, replicas) => changes.scale(id, replicas),
    setWeights: (agentId, weights) => changes.setWeights(agentId, weights),
    enable: (id) => changes.setEnabled(id, true),
    disable: (id) => changes.setEnabled(id, false),
    rollback: (agentId, to) => changes.rollback(agentId, to),
    history: (id) => changes.history(id),
  };
}
