import { z } from 'zod';
import { operations } from '../../security/index.ts';
import type { KeyControl } from '../key-control.ts';
import { type DescribedRoute, jsonRoute } from './described-route.ts';

const name = z.string().min(1).max(256);
const names = z.array(name).min(1).max(1_000);
const timeMs = z.number().int().positive();

const right = z.strictObject({
  agents: names.default(['*']),
  skills: names.default(['*']),
  operations: z
    .array(z.enum(operations))
    .min(1)
    .default([...operations]),
});

const newKey = z.strictObject({
  subject: name.describe('Whom the key is for. Keys with the same subject are one caller.'),
  roles: z.array(name).max(100).default([]),
  rights: z.array(right).max(100).optional().describe('What it may do; default: what its roles give.'),
  expiresAtMs: timeMs.optional().describe('Default: it counts until it is revoked.'),
});

const key = z.strictObject({ ...newKey.shape, id: z.string(), createdAtMs: timeMs });

/** Routes over API keys. */
export function createKeyRoutes(keys: KeyControl): readonly DescribedRoute[] {
  return [
    jsonRoute({
      method: 'GET',
      path: '/api/v1/keys',
      operationId: 'listKeys',
      summary: 'API keys, newest first, without the keys themselves.',
      response: z.strictObject({ keys: z.array(key) }),
      answer: async () => ({ keys: await keys.list() }),
    }),
    jsonRoute({
      method: 'POST',
      path: '/api/v1/keys',
      operationId: 'createKey',
      summary: 'Makes an API key; the answer is the only place where it is ever seen.',
      status: 201,
      body: newKey,
      response: z.strictObject({ ...key.shape, key: z.string() }),
      answer: ({ body }) => keys.create(body),
    }),
    jsonRoute({
      method: 'DELETE',
      path: '/api/v1/keys/{id}',
      operationId: 'revokeKey',
      summary: 'Revokes an API key.',
      params: { id: 'Id of the key.' },
      response: z.strictObject({ id: z.string() }),
      answer: async ({ id }) => {
        await keys.revoke(id);
        return { id };
      },
    }),
  ];
}
