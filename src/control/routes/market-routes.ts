import { z } from 'zod';
import type { MarketControl } from '../market/market-control.ts';
import { countOf, type DescribedRoute, eventRoute, jsonRoute } from './described-route.ts';
import {
  marketAgentSchema,
  negotiationPageSchema,
  negotiationRequestSchema,
  negotiationSchema,
  negotiationThreadSchema,
  phases,
} from './market-schemas.ts';

const params = { id: 'The task id of a negotiation.' };
const root = '/api/v1/market/negotiations';

const query = z.strictObject({
  phase: z
    .enum([...phases, 'open'])
    .exactOptional()
    .describe('`open`: all that have not ended.'),
  limit: countOf(1, 500, 50),
  cursor: z.string().max(1_024).exactOptional().describe('`cursor` of the page before.'),
});

const withdrawal = z.strictObject({ reason: z.string().max(1_000).exactOptional() });

/** Routes over work that is put out to tender. */
export function createMarketRoutes(market: MarketControl): readonly DescribedRoute[] {
  return [...readingRoutes(market), ...actingRoutes(market), ...agentRoutes(market)];
}

function readingRoutes(market: MarketControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: root,
      operationId: 'listNegotiations',
      summary: 'Negotiations, newest first.',
      query,
      response: negotiationPageSchema,
      answer: (request) => market.list(request.query),
    }),
    jsonRoute({
      method: 'GET',
      path: `${root}/{id}`,
      operationId: 'getNegotiation',
      summary: 'A negotiation with all its records, as one thread.',
      params,
      response: negotiationThreadSchema,
      answer: ({ id }) => market.show(id),
    }),
    eventRoute({
      method: 'GET',
      path: `${root}/{id}/follow`,
      operationId: 'followNegotiation',
      summary: 'The negotiation as it is, then after each change, until it ends.',
      params,
      response: negotiationSchema,
      events: ({ id, signal }) => toEvents(market.follow(id, signal)),
    }),
  ];
}

function actingRoutes(market: MarketControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: root,
      operationId: 'requestTask',
      summary: 'Puts work out to tender; answers when it cannot be lost any more.',
      status: 201,
      body: negotiationRequestSchema,
      response: negotiationSchema,
      answer: ({ body }) => market.request(body),
    }),
    jsonRoute({
      method: 'POST',
      path: `${root}/{id}/withdraw`,
      operationId: 'withdrawNegotiation',
      summary: 'Nobody is to work on it any more; what was begun is cancelled.',
      params,
      body: withdrawal,
      response: negotiationSchema,
      answer: ({ id, body }) => market.withdraw(id, body.reason),
    }),
  ];
}

function agentRoutes(market: MarketControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/market/agents',
      operationId: 'listMarketAgents',
      summary: 'The agents of this node that have a role, and what they do.',
      response: z.strictObject({ agents: z.array(marketAgentSchema) }),
      answer: async () => ({ agents: await market.agents() }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/market/agents/{id}',
      operationId: 'getMarketAgent',
      summary: 'One of them.',
      params: { id: 'An agent id.' },
      response: marketAgentSchema,
      answer: ({ id }) => market.agent(id),
    }),
  ];
}

async function* toEvents(items: AsyncIterable<object>): AsyncGenerator<{ data: string }, void, undefined> {
  for await (const item of items) yield { data: JSON.stringify(item) };
}
