import { z } from 'zod';
import type { SchemaControl } from '../schemas/schema-control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';

const level = z.enum([
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
  'NONE',
]);
const number = z.number().int().positive();
const subject = { subject: z.string(), version: number, id: number, compatibility: level };

const schemaView = z.strictObject({
  ...subject,
  schema: z.string().describe('JSON text.'),
  versions: z.array(number),
});

const verdict = z.strictObject({
  compatible: z.boolean(),
  level,
  versions: z.array(number).describe('Those that it was held against.'),
  violations: z.array(
    z.strictObject({
      kind: z.string(),
      field: z.string().describe("Such as `address.street`; '' for the schema as a whole."),
      why: z.string(),
      version: number,
      breaks: z.enum(['new-readers', 'old-readers']),
      message: z.string(),
    }),
  ),
});

const difference = z.strictObject({
  change: z.enum(['added', 'removed', 'changed']),
  field: z.string(),
  before: z.string().optional(),
  after: z.string().optional(),
});

const schema = z
  .string()
  .min(1)
  .max(256 * 1024)
  .describe('JSON text of an Avro schema.');
const version = z.coerce.number().int().positive().exactOptional();
const params = { id: 'Subject.' };

/** Routes over schemas. */
export function createSchemaRoutes(schemas: SchemaControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/schemas',
      operationId: 'listSchemas',
      summary: 'Subjects of the schema registry with their newest versions.',
      response: z.strictObject({ subjects: z.array(z.strictObject({ ...subject, versions: number })) }),
      answer: async () => ({ subjects: await schemas.list() }),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/schemas/{id}',
      operationId: 'getSchema',
      summary: 'One version of a subject; the newest by default.',
      params,
      query: z.strictObject({ version }),
      response: schemaView,
      answer: ({ id, query }) => schemas.show(id, query.version),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/schemas/{id}/check',
      operationId: 'checkSchema',
      summary: 'Whether a schema may be the next version, and which field breaks whom.',
      params,
      body: z.strictObject({ schema }),
      response: verdict,
      answer: ({ id, body }) => schemas.check(id, body.schema),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/schemas/{id}/register',
      operationId: 'registerSchema',
      summary: 'Makes a schema the next version; the same one again changes nothing.',
      params,
      body: z.strictObject({ schema, compatibility: level.exactOptional().describe('Of the subject from now on.') }),
      response: schemaView,
      answer: ({ id, body }) => schemas.register(id, body.schema, body.compatibility),
    }),
    jsonRoute({
      method: 'GET',
      path: '/api/v1/schemas/{id}/diff',
      operationId: 'diffSchema',
      summary: 'What differs between two versions; the newest two by default.',
      params,
      query: z.strictObject({ from: version, to: version }),
      response: z.strictObject({ subject: z.string(), from: number, to: number, differences: z.array(difference) }),
      answer: ({ id, query }) => schemas.diff(id, query),
    }),
  ];
}
