import { ParleyError } from '../../base/index.ts';
import type { DeploymentChanges } from '../port.ts';
import type { Deployment } from './deployment.ts';
import { chooseFront, type DeploymentSet } from './deployment-set.ts';
import { toHistoryEntry } from './history.ts';
import { isActive } from './machine.ts';
import type { DeploymentView, Rollback } from './model.ts';
import { planRollback } from './rollback-plan.ts';
import type { RuntimeLimits } from './runtime-options.ts';
import { checkReplicas, checkWeight } from './settings-check.ts';

export interface ChangesOptions {
  readonly deployments: DeploymentSet;
  readonly limits: RuntimeLimits;
  /** Throws while nothing may be changed. */
  readonly requireOpen: () => void;
}

/** Changes of this node's deployments. */
export function createDeploymentChanges(options: ChangesOptions): DeploymentChanges {
  const { deployments, limits, requireOpen } = options;
  return {
    async scale(id, replicas) {
      requireOpen();
      checkReplicas(replicas, limits);
      const deployment = deployments.resolve(id);
      await deployment.change({ type: 'scaled', replicas });
      return deployment.view;
    },
    async setWeights(agentId, weights) {
      requireOpen();
      return setWeights(deployments, deployments.resolve(agentId).record.spec.agentId, weights);
    },
    async setEnabled(id, enabled) {
      requireOpen();
      const targets = findTargets(deployments, id);
      for (const deployment of targets) await deployment.change({ type: 'switched', enabled });
      return targets.map(({ view }) => view);
    },
    async rollback(id, to) {
      requireOpen();
      return rollback(deployments, deployments.resolve(id).record.spec.agentId, to);
    },
    history: (id) => {
      const ofAgent = deployments.ofAgent(deployments.resolve(id).record.spec.agentId);
      return ofAgent.toReversed().map((deployment) => toHistoryEntry(deployment, ofAgent));
    },
  };
}

interface Reweighting {
  readonly deployment: Deployment;
  readonly weight: number;
}

async function setWeights(
  deployments: DeploymentSet,
  agentId: string,
  weights: Readonly<Record<string, number>>,
): Promise<readonly DeploymentView[]> {
  const changes = Object.entries(weights).map(([id, weight]) => findReweighting(deployments, agentId, id, weight));
  const running = deployments.ofAgent(agentId).filter(({ record }) => isActive(record.state.status));
  refuseAllZero(agentId, running, changes);
  // What grows comes first: at no moment is there nobody left to take the calls.
  for (const { deployment, weight } of changes.sort((a, b) => growth(b) - growth(a))) {
    await deployment.change({ type: 'weighted', weight });
  }
  return running.map(({ view }) => view);
}

function findReweighting(deployments: DeploymentSet, agentId: string, id: string, weight: number): Reweighting {
  checkWeight(weight);
  const deployment = chooseFront(deployments.ofId(id));
  if (deployment?.record.spec.agentId === agentId) return { deployment, weight };
  throw new ParleyError('NOT_FOUND', `Agent ${agentId} has no deployment ${id}.`);
}

function refuseAllZero(agentId: string, running: readonly Deployment[], changes: readonly Reweighting[]): void {
  const weightOf = (deployment: Deployment): number =>
    changes.find((change) => change.deployment === deployment)?.weight ?? deployment.record.settings.weight;
  if (running.length === 0 || running.some((deployment) => weightOf(deployment) > 0)) return;
  const advice = `disable it with "parley disable ${agentId}" if that is what you want`;
  throw new ParleyError(
    'VALIDATION_FAILED',
    `With these weights nothing would take the calls of ${agentId}; ${advice}.`,
  );
}

function growth({ deployment, weight }: Reweighting): number {
  return weight - deployment.record.settings.weight;
}

/** All that runs under the deployment id or of the agent; when nothing does, what the id means. */
function findTargets(deployments: DeploymentSet, id: string): readonly Deployment[] {
  const front = deployments.resolve(id);
  const all = front.record.spec.id === id ? deployments.ofId(id) : deployments.ofAgent(id);
  const running = all.filter(({ record }) => isActive(record.state.status));
  return running.length === 0 ? [front] : running;
}

async function rollback(deployments: DeploymentSet, agentId: string, to: string | undefined): Promise<Rollback> {
  const plan = planRollback(agentId, deployments.ofAgent(agentId), to);
  const from = toHistoryEntry(plan.from, deployments.ofAgent(agentId));
  await plan.to.change({ type: 'promoted', turn: deployments.nextTurn() });
  return { agentId, from, to: toHistoryEntry(plan.to, deployments.ofAgent(agentId)) };
}
