import type { Deployment } from './deployment.ts';
import { chooseFront, type DeploymentSet } from './deployment-set.ts';
import { isActive } from './machine.ts';

/** Pure: the deployments that end because this one is healthy; the healthy one with the highest turn stays. */
export function findReplaced(deployments: DeploymentSet, deployment: Deployment): readonly Deployment[] {
  const ofAgent = deployments.ofAgent(deployment.record.spec.agentId);
  const current = chooseFront(ofAgent);
  if (current === undefined) return [];
  return ofAgent.filter(({ record }) => record.turn < current.record.turn && isActive(record.state.status));
}

/** Pure: who takes the calls that still come to a deployment which takes none any more. */
export function findSuccessor(deployments: DeploymentSet, deployment: Deployment): Deployment | undefined {
  const current = chooseFront(deployments.ofAgent(deployment.record.spec.agentId));
  const fits = current !== deployment && current?.record.state.status === 'healthy';
  return fits ? current : undefined;
}

/**
 * Pure: the ended deployments of the agent that need not be remembered: those of an id that has a newer one, and of the other
 * stopped ones all but the newest `kept`.
 */
export function findForgettable(deployments: DeploymentSet, moved: Deployment, kept: number): readonly Deployment[] {
  if (moved.record.state.status !== 'stopped') return [];
  const { agentId } = moved.record.spec;
  const ended = deployments
    .ofAgent(agentId)
    .filter(({ record }) => ['stopped', 'failed'].includes(record.state.status))
    .sort((a, b) => b.record.turn - a.record.turn);
  const stopped = ended.filter(({ record }) => record.state.status === 'stopped');
  const outlived = ended.filter((deployment) => hasNewer(deployments, deployment));
  return [...new Set([...outlived, ...stopped.slice(kept)])];
}

function hasNewer(deployments: DeploymentSet, { record }: Deployment): boolean {
  return deployments.ofId(record.spec.id).some((other) => other.record.turn > record.turn);
}
