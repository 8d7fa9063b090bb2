import type { Deployment } from './deployment.ts';
import type { DeploymentSet } from './deployment-set.ts';
import { PortPool, type PortRange } from './port-pool.ts';

/** The ports of deployments, shared by all of one id; without a range nobody gets any. */
export interface AssignedPorts {
  /** Notes what the deployment has had since before. */
  keep(deployment: Deployment): void;
  /** Gives it those of its id, unless it has them. Throws NO_FREE_PORT. */
  assign(deployment: Deployment): Promise<void>;
  /** It is no more: when it was the last of its id, others may have its ports. */
  release(deployment: Deployment): void;
}

/** Ports for the deployments of this set. */
export function createAssignedPorts(range: PortRange | undefined, deployments: DeploymentSet): AssignedPorts {
  const pool = range && new PortPool(range);
  return {
    keep({ record: { spec } }) {
      if (spec.ports !== undefined) pool?.keep(spec.id, spec.ports);
    },
    async assign(deployment) {
      const { id, ports } = deployment.record.spec;
      if (pool !== undefined && ports === undefined) deployment.assignPorts(await pool.take(id));
    },
    release({ record: { spec } }) {
      if (deployments.ofId(spec.id).length === 0) pool?.release(spec.id);
    },
  };
}
