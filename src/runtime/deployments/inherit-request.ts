import type { Sealer } from '../../security/index.ts';
import type { DeploymentRecord } from './deployment-record.ts';
import type { DeployRequest } from './model.ts';

/**
 * The request with what it leaves open taken from the agent's current deployment: its id, so that its ports stay, its
 * environment, and how it is run. The request itself when it does not ask for that, or there is nothing to inherit.
 */
export function inheritRequest(
  request: DeployRequest,
  current: DeploymentRecord | undefined,
  sealer: Sealer,
): DeployRequest {
  if (request.inherit !== true || current === undefined) return request;
  const { spec, settings } = current;
  const { memoryBytes, cpus } = spec.limits;
  return {
    deploymentId: spec.id,
    replicas: settings.replicas,
    weight: settings.weight,
    strategy: spec.strategy,
    restart: spec.restart,
    limits: { ...(memoryBytes !== undefined && { memoryBytes }), ...(cpus !== undefined && { cpus }) },
    allowBuild: spec.allowBuild,
    ...(spec.organization !== undefined && { organization: spec.organization }),
    ...(spec.sealedEnvironment !== undefined && { environment: openEnvironment(spec.sealedEnvironment, sealer) }),
    ...request,
  };
}

function openEnvironment(sealed: string, sealer: Sealer): Readonly<Record<string, string>> {
  return JSON.parse(sealer.open(sealed)) as Record<string, string>;
}
