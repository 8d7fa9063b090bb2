import { ParleyError } from '../../base/index.ts';
import type { Registry } from '../../registry/index.ts';
import type { DeploymentSet } from './deployment-set.ts';

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const reserved: ReadonlySet<string> = new Set(['health', 'agent', 'v1', 'tenants', 'parley', 'market']);

export interface IdCheck {
  readonly agentId: string;
  readonly deploymentId: string;
  readonly deployments: DeploymentSet;
  readonly registry: Pick<Registry, 'endpoints'>;
}

/**
 * Agent and deployment ids share one namespace. Throws VALIDATION_FAILED for an id that cannot be one, CONFLICT for one that is
 * reserved or names something else.
 */
export function checkIds({ agentId, deploymentId, deployments, registry }: IdCheck): void {
  for (const id of [agentId, deploymentId]) checkForm(id);
  if (agentId === deploymentId) throw taken(deploymentId, 'is the agent id, too');
  for (const { record } of deployments.all()) {
    const { spec } = record;
    if (spec.id === agentId) throw taken(agentId, `is a deployment of agent ${spec.agentId}`);
    if (spec.agentId === deploymentId) throw taken(deploymentId, 'is an agent');
    if (spec.id === deploymentId && spec.agentId !== agentId) {
      throw taken(deploymentId, `is a deployment of agent ${spec.agentId}`);
    }
  }
  checkForeign({ agentId, deploymentId, deployments, registry });
}

function checkForm(id: string): void {
  if (!idPattern.test(id)) {
    const rule = 'use letters, digits, dots, dashes and underscores, at most 128, and begin with a letter or digit';
    throw new ParleyError('VALIDATION_FAILED', `${JSON.stringify(id)} cannot be an id: ${rule}.`);
  }
  if (reserved.has(id)) throw taken(id, 'is reserved');
}

/** What others have announced: remote agents, the fabric's own. What another node runs may run here, too, under the same ids. */
function checkForeign({ agentId, deploymentId, deployments, registry }: IdCheck): void {
  const ours = new Set(deployments.all().map(({ record }) => record.spec.id));
  for (const { id, agentId: agent, node } of registry.endpoints()) {
    if (ours.has(id) || (node !== undefined && agent === agentId)) continue;
    if (agent === agentId) throw taken(agentId, 'is an agent that is not deployed here');
    if (agent === deploymentId || id === deploymentId) throw taken(deploymentId, 'is an agent');
    if (id === agentId) throw taken(agentId, `is a way to agent ${agent}`);
  }
}

function taken(id: string, why: string): ParleyError {
  return new ParleyError('CONFLICT', `The id ${id} ${why}; choose another one.`, { details: { id } });
}
