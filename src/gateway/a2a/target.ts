import { hasCode, ParleyError } from '../../base/index.ts';
import type { OperationName } from '../../protocol/index.ts';
import type { Endpoint, Registry } from '../../registry/index.ts';
import type { Target } from '../../tasks/index.ts';

export type Resolved = ReturnType<Registry['resolve']>;

const isId = /^[A-Za-z0-9_][\w.@~+-]{0,127}$/;

/** The agent behind an id from a path or a header: an agent id or a deployment id. AGENT_NOT_FOUND, also for what cannot be an id. */
export function resolveTarget(registry: Registry, id: string): Resolved {
  return registry.resolve(requireId(id));
}

/** What is about one task that there may be. */
const ofTasks: ReadonlySet<string> = new Set<OperationName>(['getTask', 'cancelTask', 'subscribeToTask']);

/**
 * The same for an operation of A2A. An agent that is gone, such as one whose node has died, leaves its tasks, which can be read, followed
 * and cancelled as long as they are kept: whether there is that one, tasks know.
 */
export function resolveForOperation(registry: Registry, id: string, operation: string): Target {
  try {
    const { agentId, endpointId } = resolveTarget(registry, id);
    return { agentId, endpointId };
  } catch (thrown) {
    if (!hasCode(thrown, 'AGENT_NOT_FOUND') || !ofTasks.has(operation) || !isId.test(id)) throw thrown;
    return { agentId: id, endpointId: undefined };
  }
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
