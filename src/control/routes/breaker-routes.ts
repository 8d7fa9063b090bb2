import { z } from 'zod';
import type { BreakerControl } from '../breaker-control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';

const count = z.number().int().min(0);

const breaker = z.strictObject({
  agentId: z.string(),
  phase: z.enum(['closed', 'open', 'half-open']),
  failures: count.optional().describe('In a row, while it is closed.'),
  openedAtMs: count.optional(),
  untilMs: count
    .optional()
    .describe('Then a call may try the agent; unset while it is open: only an operator ends it.'),
  by: z.enum(['failures', 'operator']).optional(),
  reason: z.string().optional(),
});

const opening = z.strictObject({
  forMs: z.number().int().positive().optional().describe('Unset: until it is closed by hand.'),
  reason: z.string().max(300).default('an operator opened it.'),
});

const params = { id: 'Id of an agent.' };

/** Routes over circuit breakers. */
export function createBreakerRoutes(breakers: BreakerControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/breakers',
      operationId: 'listBreakers',
      summary: 'Circuit breakers that are not closed, or count failures.',
      response: z.strictObject({ breakers: z.array(breaker) }),
      answer: () => ({ breakers: breakers.list() }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/breakers/{id}/open',
      operationId: 'openBreaker',
      summary: 'Keeps calls from an agent.',
      params,
      body: opening,
      response: breaker,
      answer: ({ id, body }) => breakers.open(id, body.forMs, body.reason),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/breakers/{id}/close',
      operationId: 'closeBreaker',
      summary: 'Lets calls through to an agent again.',
      params,
      response: breaker,
      answer: ({ id }) => breakers.close(id),
    }),
  ];
}
