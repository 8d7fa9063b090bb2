import { z } from 'zod';
import type { AgentControl } from '../agent-control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';
import { agentSchema } from './response-schemas.ts';

/** Routes over the agents. */
export function createAgentRoutes(agents: AgentControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/agents',
      operationId: 'listAgents',
      summary: 'The agents that are here, by id.',
      response: z.strictObject({ agents: z.array(agentSchema) }),
      answer: () => ({ agents: agents.list() }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/agents/{id}',
      operationId: 'describeAgent',
      summary: 'One agent with its skills.',
      params: { id: 'An agent id or a deployment id.' },
      response: agentSchema,
      answer: ({ id }) => agents.describe(id),
    }),
  ];
}
