import { ParleyError } from '../../base/index.ts';
import type { Endpoint, Registry } from '../../registry/index.ts';

export type Resolved = ReturnType<Registry['resolve']>;

const isId = /^[A-Za-z0-9_][\w.@~+-]{0,127}$/;

/** The agent behind an id from a path or a header: an agent id or a deployment id. AGENT_NOT_FOUND, also for what cannot be an id. */
export function resolveTarget(registry: Registry, id: string): Resolved {
  return registry.resolve(requireId(id));
}

/** The one endpoint that an id from a path means. AGENT_NOT_FOUND, also for what cannot be an id. */
export function findTarget(registry: Registry, id: string): Endpoint {
  return registry.find(requireId(id));
}

function requireId(id: string): string {
  if (isId.test(id)) return id;
  throw new ParleyError(
    'AGENT_NOT_FOUND',
    'The id is not one of an agent or a deployment. GET /agents lists the agents.',
  );
}
