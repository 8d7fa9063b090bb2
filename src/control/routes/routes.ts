import { z } from 'zod';
import type { Control } from '../control.ts';
import type { ControlRoute } from '../route.ts';
import { createAgentRoutes } from './agent-routes.ts';
import { createBreakerRoutes } from './breaker-routes.ts';
import { createBridgeRoutes } from './bridge-routes.ts';
import { createChangeRoutes } from './change-routes.ts';
import { createDeadLetterRoutes } from './dead-letter-routes.ts';
import { createDeploymentRoutes } from './deployment-routes.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';
import { createKeyRoutes } from './key-routes.ts';
import { createLogRoutes } from './log-routes.ts';
import { createMarketRoutes } from './market-routes.ts';
import { createNodeRoutes } from './node-routes.ts';
import { createOpenApiDocument } from './openapi.ts';
import { createPackageRoutes } from './package-routes.ts';
import { createRemoteAgentRoutes } from './remote-agent-routes.ts';
import { createReplayRoutes } from './replay-routes.ts';
import { createSchemaRoutes } from './schema-routes.ts';
import { createTaskRoutes } from './task-routes.ts';
import { createWebhookRoutes } from './webhook-routes.ts';

/** The operator's API, `/api/v1`, with its own description at `/api/v1/openapi.json`. */
export function createControlRoutes(control: Control): readonly ControlRoute[] {
  return describeControlRoutes(control);
}

/** The same routes with what their documentation is made of. */
export function describeControlRoutes(control: Control): readonly DescribedRoute[] {
  const routes: DescribedRoute[] = [
    ...createAgentRoutes(control.agents),
    ...createRemoteAgentRoutes(control.remoteAgents),
    ...createDeploymentRoutes(control.deployments),
    ...createChangeRoutes(control.changes),
    ...createPackageRoutes(control.packages),
    ...createTaskRoutes(control.tasks),
    ...createWebhookRoutes(control.webhooks),
    ...createDeadLetterRoutes(control.deadLetters),
    ...createBreakerRoutes(control.breakers),
    ...createKeyRoutes(control.keys),
    ...createBridgeRoutes(control.bridge),
    ...createSchemaRoutes(control.schemas),
    ...createLogRoutes(control.log),
    ...createReplayRoutes(control.replay),
    ...createMarketRoutes(control.market),
    ...createNodeRoutes(control.node),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/openapi.json',
      access: 'public',
      operationId: 'getOpenApi',
      summary: 'This description.',
      response: z.looseObject({ openapi: z.string() }),
      answer: () => createOpenApiDocument(routes, control.node.status().version),
    }),
  ];
  return routes;
}
