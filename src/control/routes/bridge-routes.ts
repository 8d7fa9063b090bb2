import { z } from 'zod';
import type { BridgeControl } from '../bridge-control.ts';
import { countOf, type DescribedRoute, jsonRoute } from './described-route.ts';

const agent = z.strictObject({
  id: z.string(),
  side: z.enum(['redis', 'fabric']).describe('`redis`: it lives there; `fabric`: it lives here.'),
  on: z.boolean().describe('Whether the other side reaches it.'),
  type: z.string(),
  status: z.enum(['starting', 'healthy', 'disabled', 'failed', 'stopped']),
  reason: z.string().optional(),
  capabilities: z.array(z.string()),
  lastHeartbeat: z.string().describe('As it is written in Redis.'),
  queueSize: z.number().int(),
});

const view = z.strictObject({
  nodeId: z.string(),
  replyAgent: z.string().describe("The bridge's own id in Redis."),
  redis: z.string(),
  state: z.enum(['ready', 'connecting']),
  problem: z.string().optional(),
  agents: z.array(agent),
});

const letter = z.strictObject({
  kind: z.enum(['invalid', 'unexpected', 'late', 'unmatched', 'duplicate', 'unanswerable']),
  queue: z.string(),
  reason: z.string(),
  atMs: z.number().int(),
  raw: z.string().describe('The message as it came.'),
});

const params = { id: 'Id of the agent.' };

/** Routes over the bridge to Redis agents. */
export function createBridgeRoutes(bridge: BridgeControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/bridge',
      operationId: 'getBridge',
      summary: 'The bridge to Redis agents, and the agents that it carries or could carry.',
      response: view,
      answer: () => bridge.view(),
    }),
    ...([true, false] as const).map((on) => createSwitchRoute(bridge, on)),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/bridge/letters',
      operationId: 'listBridgeLetters',
      summary: 'Messages from Redis that reached nobody, newest first.',
      query: z.strictObject({ limit: countOf(1, 1_000, 100) }),
      response: z.strictObject({ letters: z.array(letter) }),
      answer: async ({ query }) => ({ letters: await bridge.letters(query.limit) }),
    }),
  ];
}

function createSwitchRoute(bridge: BridgeControl, on: boolean): DescribedRoute {
  const word = on ? 'on' : 'off';
  return jsonRoute({
    method: 'POST',
    path: `/api/v1/bridge/agents/{id}/${word}`,
    operationId: on ? 'switchBridgeOn' : 'switchBridgeOff',
    summary: `Switches the bridge ${word} for an agent, on all nodes of this Redis.`,
    params,
    response: agent,
    answer: ({ id }) => bridge.setSwitch(id, on),
  });
}
