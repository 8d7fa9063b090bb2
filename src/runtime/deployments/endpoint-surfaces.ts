import type { EndpointSurfaces } from '../../registry/index.ts';
import type { Deployment } from './deployment.ts';

/** What a deployment serves beside A2A, as the front door sees it; before its package is read, only its ports and its name. */
export function createEndpointSurfaces(deployment: Deployment): EndpointSurfaces {
  const { record, agent, served } = deployment;
  const { name, version, description } = agent;
  const take = () => (deployment.record.settings.enabled ? deployment.workforce?.takeRequest() : undefined);
  return {
    ports: record.spec.ports,
    a2a: agent.skills.length > 0,
    rest: served?.rest === true ? { take } : undefined,
    ui: served?.ui,
    python: deployment.workforce?.python,
    meta: { name, version, description, author: served?.author ?? '', builtAtMs: served?.builtAtMs },
  };
}
