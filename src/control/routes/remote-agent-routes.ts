import { z } from 'zod';
import type { RemoteAgentControl } from '../remote-agent-control.ts';
import type { NewRemoteAgent } from '../remote-agents/remote-agent-book.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';

const root = '/api/v1/remote-agents';
const id = z.string().min(1).max(128);

const newAgent: z.ZodType<NewRemoteAgent> = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(8_192)
    .describe('The base of the agent, or the address of its card.'),
  id: id.exactOptional().describe('What it is called here. Default: made of the name on its card.'),
  agent: id.exactOptional().describe('The agent it is a way to. Default: its own id.'),
  tags: z.array(z.string().min(1).max(128)).max(100).exactOptional(),
  weight: z.number().min(0).max(1_000).exactOptional(),
  zone: z.string().min(1).max(128).exactOptional(),
  keys: z
    .array(z.looseObject({ kid: z.string().max(512), kty: z.string().max(16) }))
    .min(1)
    .max(100)
    .exactOptional()
    .describe('Public keys (RFC 7517): only a card that one of them has signed counts.'),
  credential: z
    .strictObject({
      header: z.string().regex(/^[A-Za-z0-9-]{1,128}$/),
      value: z
        .string()
        .max(16_384)
        .regex(/^[\x20-\x7e]+$/),
    })
    .exactOptional()
    .describe('Goes with every call; sealed at rest, never returned.'),
});

const view = z.strictObject({
  id,
  agentId: id,
  url: z.string(),
  source: z.enum(['file', 'added']),
  status: z.enum(['starting', 'healthy', 'disabled', 'failed', 'stopped']),
  reason: z.string().optional(),
  readAtMs: z.number().int().optional(),
});

/** Routes over the agents that run elsewhere. */
export function createRemoteAgentRoutes(book: RemoteAgentControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: root,
      operationId: 'listRemoteAgents',
      summary: 'The agents that run elsewhere, from every source.',
      response: z.strictObject({ agents: z.array(view) }),
      answer: () => ({ agents: book.list() }),
    }),
    jsonRoute({
      method: 'POST',
      path: root,
      operationId: 'addRemoteAgent',
      summary: 'Reads the card of an A2A agent at an address, and keeps it as an agent of this fabric.',
      body: newAgent,
      status: 201,
      response: view,
      answer: ({ body }) => book.add(body),
    }),
    jsonRoute({
      method: 'DELETE',
      path: `${root}/{id}`,
      operationId: 'removeRemoteAgent',
      summary: 'Forgets an agent that was added.',
      params: { id: 'As it was added.' },
      response: z.strictObject({ id }),
      answer: async ({ id: removed }) => {
        await book.remove(removed);
        return { id: removed };
      },
    }),
  ];
}
