import { z } from 'zod';

/** Where a node keeps its state; docs/configuration.md says what each means. */
export interface StoreConfig {
  readonly url?: string | undefined;
  readonly prefix: string;
  readonly replicas: number;
  readonly commitTimeoutMs: number;
}

/** The group `store` of the configuration. */
export const storeSettingsSchema: z.ZodType<StoreConfig> = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .optional()
      .describe('Redis that keeps the state, as docs/redis.md writes it; without it, a file in the data folder.'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_.-]{1,64}$/)
      .default('parley')
      .describe('In front of all keys in Redis: nodes with the same one share their state.'),
    replicas: z
      .number()
      .int()
      .min(0)
      .max(16)
      .default(0)
      .describe('So many replicas of Redis have a change before it is acknowledged.'),
    commitTimeoutMs: z
      .number()
      .int()
      .positive()
      .max(600_000)
      .default(30_000)
      .describe('A change waits so long for a Redis that is away, then it fails.'),
  })
  .prefault({});
