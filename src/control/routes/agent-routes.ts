import { z } from 'zod';
import type { AgentQuery } from '../../registry/index.ts';
import type { AgentControl } from '../agent-control.ts';
import { type DescribedRoute, eventRoute, jsonRoute } from './described-route.ts';
import { agentChangeSchema, agentSchema } from './response-schemas.ts';

const term = z.string().min(1).max(256).exactOptional();

const query: z.ZodType<AgentQuery> & z.ZodObject = z.strictObject({
  id: term.describe("The agent's id."),
  text: term.describe('Anywhere in its id, name, description, tags or skills.'),
  skill: term.describe('The id of one of its skills.'),
  tag: term.describe('One of its tags or of those of its skills.'),
  capability: term.describe("What it can do: one of its capabilities, or a skill's id or tag."),
  status: z.enum(['starting', 'healthy', 'disabled', 'failed', 'stopped']).exactOptional(),
});

/** Routes over the agents. */
export function createAgentRoutes(agents: AgentControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/agents',
      operationId: 'listAgents',
      summary: 'The agents that are here, by id; those that match all of the query.',
      query,
      response: z.strictObject({ agents: z.array(agentSchema) }),
      answer: ({ query: wanted }) => ({ agents: agents.list(wanted) }),
    }),
    eventRoute({
      method: 'GET',
      path: '/api/v1/watch/agents',
      operationId: 'watchAgents',
      summary: 'The agents that match, then each change of them; load is none.',
      query,
      response: agentChangeSchema,
      events: async function* ({ query: wanted, signal }) {
        for await (const change of agents.watch(wanted, signal)) yield { data: JSON.stringify(change) };
      },
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
