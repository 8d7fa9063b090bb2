import { hasCode } from '../../base/index.ts';
import type { Deployment } from './deployment.ts';
import type { DeploymentSet } from './deployment-set.ts';
import { isActive } from './machine.ts';
import type { DeploymentPorts } from './model.ts';
import { PortPool, type PortRange } from './port-pool.ts';

/** The ports of deployments, shared by all of one id; without a range nobody gets any. */
export interface AssignedPorts {
  /** Notes what deployments have had since before. Those that run go first: they may have what stopped ones had to give up. */
  restore(): void;
  /**
   * Gives it those of its id, unless it has them. When none is free, the one that was stopped first gives up its own, and gets others
   * when it runs again. Throws NO_FREE_PORT.
   */
  assign(deployment: Deployment): Promise<void>;
  /** It is no more: when it was the last of its id, others may have its ports. */
  release(deployment: Deployment): void;
}

const noPorts: AssignedPorts = { restore: () => {}, assign: async () => {}, release: () => {} };

/** Ports for the deployments of this set. */
export function createAssignedPorts(range: PortRange | undefined, deployments: DeploymentSet): AssignedPorts {
  if (range === undefined) return noPorts;
  const pool = new PortPool(range);
  return {
    restore() {
      const runs = ({ record }: Deployment): boolean => isActive(record.state.status);
      const all = deployments.all();
      for (const deployment of [...all.filter(runs), ...all.filter((other) => !runs(other))]) keep(pool, deployment);
    },
    async assign(deployment) {
      const { id, ports } = deployment.record.spec;
      if (ports === undefined) deployment.assignPorts(await takePorts(pool, deployments, id));
    },
    release({ record: { spec } }) {
      if (deployments.ofId(spec.id).length === 0) pool.release(spec.id);
    },
  };
}

function keep(pool: PortPool, deployment: Deployment): void {
  const { id, ports } = deployment.record.spec;
  if (ports !== undefined && !pool.keep(id, ports)) deployment.assignPorts(undefined);
}

async function takePorts(pool: PortPool, deployments: DeploymentSet, id: string): Promise<DeploymentPorts> {
  for (;;) {
    try {
      return await pool.take(id);
    } catch (thrown) {
      const oldest = hasCode(thrown, 'NO_FREE_PORT') ? findOldestStopped(deployments) : undefined;
      if (oldest === undefined) throw thrown;
      for (const deployment of deployments.ofId(oldest)) deployment.assignPorts(undefined);
      pool.release(oldest);
    }
  }
}

/** The id whose last deployment was stopped before all others' that have ports. */
function findOldestStopped(deployments: DeploymentSet): string | undefined {
  const idle = deployments.fronts().filter(({ record }) => {
    const ofId = deployments.ofId(record.spec.id);
    return record.spec.ports !== undefined && ofId.every((other) => other.record.state.status === 'stopped');
  });
  const [oldest] = idle.sort((a, b) => a.record.changedAtMs - b.record.changedAtMs);
  return oldest?.record.spec.id;
}
