import { z } from 'zod';
import type { BridgeSettings } from '../bridge/index.ts';

/** Settings of the bridge to the agents of an existing Redis. */
export interface BridgeConfig extends Omit<BridgeSettings, 'redisUrl'> {
  readonly enabled: boolean;
  readonly redisUrl?: string | undefined;
}

const milliseconds = z
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1);
const count = z.number().int().positive().max(10_000);

/** Their schema; a part of the node's. */
export const bridgeSchema: z.ZodType<BridgeConfig, unknown> = z
  .strictObject({
    enabled: z.boolean().default(false).describe('Agents of a Redis are agents here, and the other way round.'),
    redisUrl: z
      .string()
      .optional()
      .describe('Where they are: `redis://host:6379/0`; one server, or behind sentinels. Default: `store.url`.'),
    refreshMs: milliseconds.default(5_000).describe('How often its agents are looked at.'),
    heartbeatMs: milliseconds.default(30_000).describe('How often the bridge says there that it lives.'),
    staleAfterMs: milliseconds
      .default(300_000)
      .describe('A Redis agent without a heartbeat for so long takes no calls.'),
    taskTimeoutMs: milliseconds.default(30_000).describe("How long a Redis agent's answer is waited for."),
    maxInFlight: count.default(100).describe('Calls that one Redis agent is given at once; others wait here.'),
    concurrency: count
      .default(8)
      .describe('Assignments from Redis that one agent of the fabric works on at once; others stay in its queue.'),
  })
  .prefault({});
