import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../base/index.ts';
import type { DescribedRoute } from './described-route.ts';
import { errorSchema } from './response-schemas.ts';

/** The OpenAPI 3.1 document of the routes: generated from the table that serves them, so it cannot differ from it. */
export function createOpenApiDocument(routes: readonly DescribedRoute[], version: string): JsonObject {
  const paths: Record<string, Record<string, JsonValue>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describeOperation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Parley operator API', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: {
      securitySchemes: { operator: { type: 'http', scheme: 'bearer', description: "The node's operator token." } },
      schemas: { Error: toSchema(errorSchema, 'output') },
    },
  };
}

function describeOperation(route: DescribedRoute): JsonObject {
  const mediaType = route.streams ? 'text/event-stream' : 'application/json';
  const failure = { description: 'Refused.', content: json({ $ref: '#/components/schemas/Error' }) };
  return {
    operationId: route.operationId,
    summary: route.summary,
    security: route.access === 'operator' ? [{ operator: [] }] : [],
    parameters: [...describeParams(route), ...describeQuery(route)],
    ...(route.takes === 'stream' && { requestBody: { required: true, content: describeFile() } }),
    ...(route.body && { requestBody: { required: true, content: json(toSchema(route.body, 'input')) } }),
    responses: {
      [String(route.status)]: {
        description: route.streams ? 'Events; the data of each is JSON of this schema.' : 'Done.',
        content: { [mediaType]: { schema: toSchema(route.response, 'output') } },
      },
      default: failure,
    },
  };
}

function describeFile(): JsonObject {
  const schema = { type: 'string', format: 'binary' };
  return { 'application/octet-stream': { schema }, 'application/zip': { schema } };
}

function describeParams({ params }: DescribedRoute): readonly JsonObject[] {
  return Object.entries(params).map(([name, description]) => ({
    name,
    in: 'path',
    required: true,
    description,
    schema: { type: 'string' },
  }));
}

function describeQuery({ query }: DescribedRoute): readonly JsonObject[] {
  if (query === undefined) return [];
  const { properties, required = [] } = toSchema(query, 'input') as { properties?: JsonObject; required?: string[] };
  return Object.entries(properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: schema ?? {},
  }));
}

function json(schema: JsonObject): JsonObject {
  return { 'application/json': { schema } };
}

function toSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io }) as JsonObject;
  return rest;
}
