import { z } from 'zod';
import type { ChangeControl } from '../change-control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';
import { rollbackRequestSchema, scaleRequestSchema, weightsRequestSchema } from './request-schemas.ts';
import { deploymentSchema, historyEntrySchema } from './response-schemas.ts';

const deploymentId = { id: 'A deployment id, or an agent id for its current deployment.' };
const agentId = { id: 'An agent id, or the id of one of its deployments.' };
const eitherId = { id: 'A deployment id, or an agent id for all of its deployments that run.' };
const deploymentsSchema = z.strictObject({ deployments: z.array(deploymentSchema) });

/** Routes that change what runs. */
export function createChangeRoutes(changes: ChangeControl): readonly DescribedRoute[] {
  return [...createSettingRoutes(changes), ...createSwitchRoutes(changes), ...createVersionRoutes(changes)];
}

function createSettingRoutes(changes: ChangeControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/api/v1/deployments/{id}/scale',
      operationId: 'scaleDeployment',
      summary: 'So many replicas from now on; those that are too many finish their calls.',
      params: deploymentId,
      body: scaleRequestSchema,
      response: deploymentSchema,
      answer: ({ id, body }) => changes.scale(id, body.replicas),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/agents/{id}/weights',
      operationId: 'setWeights',
      summary:
        "How the agent's new calls are shared among its deployments; those that are not named keep their weight.",
      params: agentId,
      body: weightsRequestSchema,
      response: deploymentsSchema,
      answer: async ({ id, body }) => ({ deployments: await changes.setWeights(id, body.weights) }),
    }),
  ];
}

function createSwitchRoutes(changes: ChangeControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/api/v1/agents/{id}/enable',
      operationId: 'enableAgent',
      summary: 'Takes new calls again.',
      params: eitherId,
      response: deploymentsSchema,
      answer: async ({ id }) => ({ deployments: await changes.enable(id) }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/agents/{id}/disable',
      operationId: 'disableAgent',
      summary: 'Refuses new calls with AGENT_DISABLED; those under way go on, and so do the workers.',
      params: eitherId,
      response: deploymentsSchema,
      answer: async ({ id }) => ({ deployments: await changes.disable(id) }),
    }),
  ];
}

function createVersionRoutes(changes: ChangeControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: '/api/v1/agents/{id}/rollback',
      operationId: 'rollbackAgent',
      summary: 'Begins to go back to an earlier deployment, which takes over as soon as it is healthy.',
      params: agentId,
      body: rollbackRequestSchema,
      status: 202,
      response: z.strictObject({ agentId: z.string(), from: historyEntrySchema, to: historyEntrySchema }),
      answer: ({ id, body }) => changes.rollback(id, body.to),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/agents/{id}/history',
      operationId: 'getHistory',
      summary: 'The deployments that the agent has and had, newest first.',
      params: agentId,
      response: z.strictObject({ deployments: z.array(historyEntrySchema) }),
      answer: ({ id }) => ({ deployments: changes.history(id) }),
    }),
  ];
}
