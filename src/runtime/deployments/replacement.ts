import type { Deployment } from './deployment.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import { chooseFront, type DeploymentSet } from './deployment-set.ts';
import { isActive } from './machine.ts';

/** A deployment that ends because another one has taken its place. */
export interface Replaced {
  readonly deployment: Deployment;
  readonly by: Deployment;
}

/** Pure: the deployments of the agent that end because newer ones are healthy; those that run beside one another stay. */
export function findReplaced(deployments: DeploymentSet, agentId: string): readonly Replaced[] {
  const newestFirst = [...deployments.ofAgent(agentId)].sort((a, b) => b.record.turn - a.record.turn);
  const healthy = newestFirst.filter(({ record }) => record.state.status === 'healthy');
  return newestFirst.flatMap((deployment) => {
    const by = healthy.find((other) => replaces(other.record, deployment.record));
    return by !== undefined && isActive(deployment.record.state.status) ? [{ deployment, by }] : [];
  });
}

function replaces(newer: DeploymentRecord, older: DeploymentRecord): boolean {
  return newer.turn > older.turn && (newer.exclusive || newer.spec.id === older.spec.id);
}

/** Pure: who takes the calls that still come to a deployment which takes none any more. */
export function findSuccessor(deployments: DeploymentSet, deployment: Deployment): Deployment | undefined {
  const current = chooseFront(deployments.ofAgent(deployment.record.spec.agentId));
  const fits = current !== deployment && current?.record.state.status === 'healthy';
  return fits ? current : undefined;
}

/**
 * Pure: the ended deployments of the agent that need not be remembered: failed ones of an id that has a newer one, and of the
 * stopped ones, to which one can go back, all but the newest `kept`.
 */
export function findForgettable(deployments: DeploymentSet, moved: Deployment, kept: number): readonly Deployment[] {
  if (moved.record.state.status !== 'stopped') return [];
  const { agentId } = moved.record.spec;
  const ended = deployments
    .ofAgent(agentId)
    .filter(({ record }) => ['stopped', 'failed'].includes(record.state.status))
    .sort((a, b) => b.record.turn - a.record.turn);
  const stopped = ended.filter(({ record }) => record.state.status === 'stopped');
  const failed = ended.filter(({ record }) => record.state.status === 'failed');
  return [...failed.filter((deployment) => hasNewer(deployments, deployment)), ...stopped.slice(kept)];
}

function hasNewer(deployments: DeploymentSet, { record }: Deployment): boolean {
  return deployments.ofId(record.spec.id).some((other) => other.record.turn > record.turn);
}
