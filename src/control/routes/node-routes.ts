import { z } from 'zod';
import type { NodeControl } from '../control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';
import { fabricNodeSchema, statusSchema, versionSchema } from './response-schemas.ts';

/** Routes over the node itself. */
export function createNodeRoutes(node: NodeControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/version',
      access: 'public',
      operationId: 'getVersion',
      summary: 'Name and version of the program.',
      response: versionSchema,
      answer: () => ({ name: 'parley', version: node.status().version }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/status',
      operationId: 'getStatus',
      summary: 'The node and what runs on it.',
      response: statusSchema,
      answer: () => node.status(),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/nodes',
      operationId: 'listNodes',
      summary: 'The nodes that share the store, and how they are.',
      response: z.strictObject({ nodes: z.array(fabricNodeSchema) }),
      answer: () => ({ nodes: node.list() }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/shutdown',
      operationId: 'shutdown',
      summary: 'Begins an orderly stop.',
      status: 202,
      response: z.strictObject({ accepted: z.literal(true) }),
      answer: () => {
        node.shutdown();
        return { accepted: true };
      },
    }),
  ];
}
