import type { AgentExecutor } from '../../agents/index.ts';
import { ParleyError } from '../../base/index.ts';
import type { Endpoint, Registry } from '../../registry/index.ts';
import type { Deployment } from './deployment.ts';
import { chooseFront, type DeploymentSet } from './deployment-set.ts';
import { createEndpointSurfaces } from './endpoint-surfaces.ts';
import type { DeploymentStatus } from './model.ts';

/** Keeps the registry told of one deployment id: the deployment that speaks for it, or that there is none. */
export function announce(registry: Registry, deployments: DeploymentSet, id: string): void {
  const front = chooseFront(deployments.ofId(id).filter((deployment) => endpointStatus(deployment) !== undefined));
  const status = front && endpointStatus(front);
  if (front === undefined || status === undefined) registry.withdraw(id);
  else registry.announce(toEndpoint(front, status));
}

function toEndpoint(deployment: Deployment, status: Endpoint['status']): Endpoint {
  const { record, workforce, agent } = deployment;
  const healthy = status === 'healthy';
  const { message } = status === 'disabled' ? disabled : record.state;
  return {
    id: record.spec.id,
    agentId: record.spec.agentId,
    record: agent,
    executor: workforce?.executor ?? noExecutor(record.spec.id),
    capacity: healthy ? (workforce?.capacity ?? 0) : 0,
    status,
    weight: record.settings.weight,
    surfaces: createEndpointSurfaces(deployment),
    ...(healthy || message === undefined ? {} : { reason: message }),
  };
}

const disabled = { message: 'an operator has disabled it; "parley enable" lets it take calls again' };

function endpointStatus({ record }: Deployment): Endpoint['status'] | undefined {
  const status = statuses[record.state.status];
  return !record.settings.enabled && (status === 'healthy' || status === 'starting') ? 'disabled' : status;
}

/** What is stopping or stopped is not announced. */
const statuses: Readonly<Record<DeploymentStatus, Endpoint['status'] | undefined>> = {
  pending: 'starting',
  downloading: 'starting',
  loading: 'starting',
  starting: 'starting',
  healthy: 'healthy',
  failed: 'failed',
  stopping: undefined,
  stopped: undefined,
};

/** Stands in until there are workers; with a capacity of 0 it is called only by mistake. */
function noExecutor(id: string): AgentExecutor {
  return {
    execute() {
      throw new ParleyError('AGENT_UNAVAILABLE', `Deployment ${id} has no worker yet; try again in a moment.`);
    },
  };
}
