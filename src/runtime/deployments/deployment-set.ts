import { ParleyError } from '../../base/index.ts';
import type { Deployment } from './deployment.ts';
import { isActive } from './machine.ts';

/** All deployments of this node by their keys, and the questions that are asked of them. */
export class DeploymentSet {
  readonly #deployments = new Map<string, Deployment>();

  add(deployment: Deployment): void {
    this.#deployments.set(deployment.record.spec.key, deployment);
  }

  remove(deployment: Deployment): void {
    this.#deployments.delete(deployment.record.spec.key);
  }

  /** Those of earlier runs of the node and then as they were asked for: oldest first. */
  all(): readonly Deployment[] {
    return [...this.#deployments.values()];
  }

  /** One for each deployment id, oldest first. */
  fronts(): readonly Deployment[] {
    const ids = new Set(this.all().map(({ record }) => record.spec.id));
    return [...ids].flatMap((id) => chooseFront(this.ofId(id)) ?? []);
  }

  ofId(id: string): readonly Deployment[] {
    return this.all().filter(({ record }) => record.spec.id === id);
  }

  ofAgent(agentId: string): readonly Deployment[] {
    return this.all().filter(({ record }) => record.spec.agentId === agentId);
  }

  /** By deployment id, or by agent id for its current deployment. Throws NOT_FOUND. */
  resolve(id: string): Deployment {
    const found = chooseFront(this.ofId(id)) ?? chooseFront(this.ofAgent(id));
    if (found !== undefined) return found;
    throw new ParleyError('NOT_FOUND', `There is no deployment ${id}, and no agent of that name has one.`);
  }

  /** True when nothing of the agent takes new calls because an operator wants it so. */
  isDisabled(agentId: string): boolean {
    const running = this.ofAgent(agentId).filter(({ record }) => isActive(record.state.status));
    return running.length > 0 && running.every(({ record }) => !record.settings.enabled);
  }

  /** Key suffix of the next deployment of this id: 1 when there is none yet. */
  nextRevision(id: string): number {
    const revisions = this.ofId(id).map(({ record }) => Number(record.spec.key.split('~')[1] ?? 1));
    return 1 + Math.max(0, ...revisions);
  }

  /** The number behind the highest turn so far. */
  nextTurn(): number {
    return 1 + this.all().reduce((highest, { record }) => Math.max(highest, record.turn), 0);
  }
}

/** Which of several speaks for them: the newest healthy one, else the newest that runs, else the newest. */
export function chooseFront(deployments: readonly Deployment[]): Deployment | undefined {
  const newestFirst = [...deployments].sort((a, b) => b.record.turn - a.record.turn);
  return (
    newestFirst.find(({ record }) => record.state.status === 'healthy') ??
    newestFirst.find(({ record }) => isActive(record.state.status)) ??
    newestFirst[0]
  );
}
