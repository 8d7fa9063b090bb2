import { ParleyError } from '../../base/index.ts';
import { compareVersions } from '../packages/compare-versions.ts';
import type { Deployment } from './deployment.ts';
import type { DeploymentSet } from './deployment-set.ts';
import { isActive } from './machine.ts';

/** A version that is about to be installed. */
export interface VersionCheck {
  readonly deployments: DeploymentSet;
  readonly agentId: string;
  readonly version: string;
  readonly allowDowngrade: boolean;
  /** The deployment that brings the version, when there is one already. */
  readonly own?: string | undefined;
}

/**
 * CONFLICT when the agent has a higher version: of its deployments that run or are about to, else of the one that was stopped
 * last. Versions without an order are never refused.
 */
export function refuseDowngrade({ deployments, agentId, version, allowDowngrade, own }: VersionCheck): void {
  if (allowDowngrade) return;
  const others = deployments.ofAgent(agentId).filter(({ record }) => record.spec.key !== own);
  for (const current of findCurrent(others)) {
    const order = compareVersions(version, current.record.agent.version);
    if (order === undefined || order >= 0) continue;
    const message = `Version ${version} is lower than ${current.record.agent.version}, which agent ${agentId} has. Allow it with --allow-downgrade (allowDowngrade) if that is meant.`;
    throw new ParleyError('CONFLICT', message, { details: { version, current: current.record.agent.version } });
  }
}

function findCurrent(deployments: readonly Deployment[]): readonly Deployment[] {
  const known = deployments.filter(({ record }) => record.agent.packageId !== '');
  const running = known.filter(({ record }) => isActive(record.state.status));
  if (running.length > 0) return running;
  const stopped = known.filter(({ record }) => ['stopping', 'stopped'].includes(record.state.status));
  return stopped.toSorted((a, b) => b.record.turn - a.record.turn).slice(0, 1);
}
