import { z } from 'zod';
import type { DeploymentControl } from '../deployment-control.ts';
import { countOf, type DescribedRoute, eventRoute, jsonRoute } from './described-route.ts';
import { deployRequestSchema } from './request-schemas.ts';
import { deploymentSchema, logLineSchema } from './response-schemas.ts';

const root = '/api/v1/deployments';
const params = { id: 'A deployment id, or an agent id for its current deployment.' };
const after = countOf(0, Number.MAX_SAFE_INTEGER, 0).describe('Only lines behind this sequence.');

/** Routes over the deployments. */
export function createDeploymentRoutes(deployments: DeploymentControl): readonly DescribedRoute[] {
  return [...createChangeRoutes(deployments), ...createReadRoutes(deployments), ...createLogRoutes(deployments)];
}

function createChangeRoutes(deployments: DeploymentControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'POST',
      path: root,
      operationId: 'deploy',
      summary: 'Deploys a package; answers when it is accepted, and goes on in the background.',
      body: deployRequestSchema,
      status: 202,
      response: deploymentSchema,
      answer: ({ body }) => deployments.deploy(body),
    }),
    jsonRoute({
      method: 'POST',
      path: `${root}/{id}/stop`,
      operationId: 'stopDeployment',
      summary: 'Drains and ends the workers; answers when they are gone.',
      params,
      response: deploymentSchema,
      answer: ({ id }) => deployments.stop(id),
    }),
    jsonRoute({
      method: 'POST',
      path: `${root}/{id}/restart`,
      operationId: 'restartDeployment',
      summary: 'New workers, one after the other; brings back a failed or stopped deployment.',
      params,
      response: deploymentSchema,
      answer: ({ id }) => deployments.restart(id),
    }),
  ];
}

function createReadRoutes(deployments: DeploymentControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: root,
      operationId: 'listDeployments',
      summary: 'All deployments.',
      response: z.strictObject({ deployments: z.array(deploymentSchema) }),
      answer: () => ({ deployments: deployments.list() }),
    }),
    jsonRoute({
      method: 'GET',
      path: `${root}/{id}`,
      operationId: 'getDeployment',
      summary: 'One deployment with its workers.',
      params,
      response: deploymentSchema,
      answer: ({ id }) => deployments.get(id),
    }),
    eventRoute({
      method: 'GET',
      path: `${root}/{id}/watch`,
      operationId: 'watchDeployment',
      summary: 'The deployment as it is, then after each change.',
      params,
      response: deploymentSchema,
      events: ({ id, signal }) => toEvents(deployments.watch(id, signal), () => undefined),
    }),
  ];
}

function createLogRoutes(deployments: DeploymentControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: `${root}/{id}/logs`,
      operationId: 'getLogs',
      summary: 'The newest kept lines, oldest first.',
      params,
      query: z.strictObject({ after, limit: countOf(1, 10_000, 200) }),
      response: z.strictObject({ lines: z.array(logLineSchema) }),
      answer: ({ id, query }) => ({ lines: deployments.logs(id, query.after, query.limit) }),
    }),
    eventRoute({
      method: 'GET',
      path: `${root}/{id}/logs/stream`,
      operationId: 'followLogs',
      summary: 'Lines as they come; the id of an event is its sequence.',
      params,
      query: z.strictObject({ after }),
      response: logLineSchema,
      events: ({ id, query, signal }) => {
        const { id: deploymentId } = deployments.get(id);
        return toEvents(deployments.followLogs(deploymentId, query.after, signal), ({ sequence }) => sequence);
      },
    }),
  ];
}

async function* toEvents<T>(
  items: AsyncIterable<T>,
  idOf: (item: T) => number | undefined,
): AsyncGenerator<{ id?: string; data: string }, void, undefined> {
  for await (const item of items) {
    const id = idOf(item);
    yield { ...(id !== undefined && { id: String(id) }), data: JSON.stringify(item) };
  }
}
