import { ParleyError } from '../../base/index.ts';
import type { Deployment } from './deployment.ts';
import { chooseFront } from './deployment-set.ts';
import { isActive } from './machine.ts';

/** From which of an agent's deployments to which. */
export interface RollbackPlan {
  readonly from: Deployment;
  readonly to: Deployment;
}

/**
 * Pure: what a rollback means. `deployments`: those of the agent, oldest first; `to`: a key, or a deployment id. Without it the
 * one before the present one that has served, so that going back again goes further back. Throws NOT_FOUND and CONFLICT.
 */
export function planRollback(
  agentId: string,
  deployments: readonly Deployment[],
  to: string | undefined,
): RollbackPlan {
  const from = findPresent(deployments);
  if (from === undefined) throw new ParleyError('NOT_FOUND', `There is no agent ${agentId} with deployments.`);
  const target = to === undefined ? findEarlier(deployments, from) : findNamed(agentId, deployments, to);
  if (target === from && isAlone(deployments, from))
    throw conflict(`${keyOf(from)} is what agent ${agentId} runs already.`);
  if (target.record.state.installed === undefined)
    throw conflict(`The package of ${keyOf(target)} was never installed.`);
  return { from, to: target };
}

/** What was asked for last, unless it has ended while another one goes on. */
function findPresent(deployments: readonly Deployment[]): Deployment | undefined {
  const newestFirst = [...deployments].sort((a, b) => b.record.turn - a.record.turn);
  return newestFirst.find(({ record }) => isActive(record.state.status)) ?? newestFirst[0];
}

function findEarlier(deployments: readonly Deployment[], from: Deployment): Deployment {
  const [failed] = deployments.filter(({ record }) => record.turn > from.record.turn && neverServed(record.state));
  if (failed !== undefined) {
    const why = `${keyOf(failed)} has failed and never took over: ${keyOf(from)} goes on.`;
    throw conflict(`${why} To go further back name a deployment with --to.`);
  }
  const earlier = deployments.slice(0, deployments.indexOf(from)).filter(({ record }) => record.state.served);
  const last = earlier.at(-1);
  if (last !== undefined) return last;
  throw conflict(`There is nothing before ${keyOf(from)} that has run. Name a deployment with --to.`);
}

function findNamed(agentId: string, deployments: readonly Deployment[], to: string): Deployment {
  const byKey = deployments.find((deployment) => keyOf(deployment) === to);
  const found = byKey ?? chooseFront(deployments.filter(({ record }) => record.spec.id === to));
  if (found !== undefined) return found;
  const known = deployments.map(keyOf).join(', ');
  throw new ParleyError('NOT_FOUND', `Agent ${agentId} has no deployment ${to}; it has: ${known}.`);
}

function neverServed({ status, served }: Deployment['record']['state']): boolean {
  return status === 'failed' && !served;
}

function isAlone(deployments: readonly Deployment[], deployment: Deployment): boolean {
  return deployments.every((other) => other === deployment || !isActive(other.record.state.status));
}

function keyOf({ record }: Deployment): string {
  return record.spec.key;
}

function conflict(message: string): ParleyError {
  return new ParleyError('CONFLICT', message);
}
