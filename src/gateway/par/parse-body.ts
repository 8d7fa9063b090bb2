import type { z } from 'zod';
import { invalidBody } from './par-route.ts';

/** The body as the schema has it. VALIDATION_FAILED with every problem. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const { success, data, error } = schema.safeParse(body ?? {});
  if (success) return data;
  throw invalidBody(error.issues);
}
