import { z } from 'zod';
import type { WebhookControl } from '../webhook-control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';

const count = z.number().int().min(0);

const webhookSchema = z.strictObject({
  taskId: z.string(),
  id: z.string(),
  agentId: z.string(),
  url: z.string(),
  position: count.describe('Sequence of the last item that it was told of.'),
  failedAtMs: count,
  attempts: count,
  reason: z.string(),
});

const name = z.strictObject({ taskId: z.string().max(1_024), id: z.string().max(1_024) });

/** Routes over the webhooks that were given up. */
export function createWebhookRoutes(webhooks: WebhookControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/webhooks/failed',
      operationId: 'listFailedWebhooks',
      summary: 'Webhooks that were given up, newest first.',
      response: z.strictObject({ webhooks: z.array(webhookSchema) }),
      answer: async () => ({ webhooks: await webhooks.listFailed() }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/webhooks/redrive',
      operationId: 'redriveWebhook',
      summary: 'Tells a webhook again, from where it stopped.',
      body: name,
      response: name,
      answer: async ({ body }) => {
        await webhooks.redrive(body.taskId, body.id);
        return body;
      },
    }),
  ];
}
