import { z } from 'zod';
import type { Rate } from '../security/index.ts';

/** What the front door refuses to exceed; docs/configuration.md says what each means. */
export interface LimitsConfig {
  readonly bodyBytes: number;
  readonly bodiesBytes: number;
  readonly streams: number;
  readonly perCaller: RateSettings & { readonly streams?: number | undefined };
  readonly perAgent: RateSettings;
}

interface RateSettings {
  readonly perSecond?: number | undefined;
  readonly burst?: number | undefined;
}

const count = z.number().int().positive();
const perSecond = z.number().positive().max(1_000_000);

/** The group `limits` of the configuration. */
export const limitsSchema: z.ZodType<LimitsConfig> = z
  .strictObject({
    bodyBytes: count.default(16 * 1024 * 1024).describe('Largest body of a request.'),
    bodiesBytes: count
      .default(256 * 1024 * 1024)
      .describe('All bodies of requests under way together; over it callers get 429. Never less than one body.'),
    streams: count.default(10_000).describe('Open streams at once.'),
    perCaller: z
      .strictObject({
        perSecond: perSecond
          .optional()
          .describe(
            'Calls of one caller in a second; over it callers get 429. All without an identity are one caller.',
          ),
        burst: count.optional().describe('How many of them at once, after a pause; default: those of one second.'),
        streams: count.optional().describe('Streams that one caller may have open.'),
      })
      .prefault({}),
    perAgent: z
      .strictObject({
        perSecond: perSecond.optional().describe('Calls that one agent gets in a second, whoever makes them.'),
        burst: count.optional().describe('How many of them at once, after a pause; default: those of one second.'),
      })
      .prefault({}),
  })
  .prefault({});

/** A rate as it was set; undefined when there is no limit. */
export function toRate({ perSecond: limit, burst }: RateSettings): Rate | undefined {
  return limit === undefined ? undefined : { perSecond: limit, burst: burst ?? Math.max(1, Math.ceil(limit)) };
}
