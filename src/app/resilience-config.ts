import { z } from 'zod';
import { defaultResilience, type ResilienceConfig } from '../resilience/index.ts';

/** What can be set about failures of agents; docs/resilience.md says what each means. */
export interface ResilienceSettings extends ResilienceConfig {
  readonly deadLetters: { readonly keepMs: number; readonly keep: number; readonly agentFailures: boolean };
}

const milliseconds = z
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1);
const retries = z.number().int().min(0).max(100);
const failures = z.number().int().min(0).max(10_000);
const { retry, breaker } = defaultResilience;

const overrides = z.strictObject({
  maxRetries: retries.optional(),
  hedgeAfterMs: milliseconds.optional(),
});

const agent = overrides.extend({
  breakerFailures: failures.optional(),
  breakerOpenMs: milliseconds.optional(),
  skills: z.record(z.string(), overrides).optional(),
});

/** The group `resilience` of the configuration. */
export const resilienceSchema: z.ZodType<ResilienceSettings> = z
  .strictObject({
    retry: z
      .strictObject({
        maxRetries: retries
          .default(retry.maxRetries)
          .describe('Tries after the first, where trying again is safe; 0: none.'),
        firstDelayMs: milliseconds.default(retry.firstDelayMs).describe('Before the first of them.'),
        multiplier: z.number().min(1).max(10).default(retry.multiplier).describe('Each delay against the one before.'),
        maxDelayMs: milliseconds
          .default(retry.maxDelayMs)
          .describe('Longest delay; an agent that asks for more patience is not tried again.'),
        jitter: z
          .number()
          .min(0)
          .max(1)
          .default(retry.jitter)
          .describe('Share of a delay by which chance makes it longer or shorter.'),
      })
      .prefault({}),
    breaker: z
      .strictObject({
        failures: failures
          .default(breaker.failures)
          .describe('Failures in a row after which an agent gets no calls for a while; 0: never.'),
        openMs: milliseconds.default(breaker.openMs).describe('How long that while is.'),
        probes: z
          .number()
          .int()
          .positive()
          .max(100)
          .default(breaker.probes)
          .describe('Calls at once that then try, on each node, whether the agent works again.'),
      })
      .prefault({}),
    agents: z
      .record(z.string(), agent)
      .default({})
      .describe(
        'By agent id: `maxRetries`, `breakerFailures`, `breakerOpenMs`, `hedgeAfterMs`, and by skill id under `skills`.',
      ),
    deadLetters: z
      .strictObject({
        keepMs: z
          .number()
          .int()
          .positive()
          .default(30 * 24 * 3_600_000)
          .describe('How long a dead letter is kept, and with it its task.'),
        keep: z.number().int().positive().default(100_000).describe('How many dead letters are kept, the newest.'),
        agentFailures: z
          .boolean()
          .default(false)
          .describe("Whether an agent's own answer that it failed is a dead letter, too."),
      })
      .prefault({}),
  })
  .prefault({});
