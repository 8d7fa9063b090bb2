import { z } from 'zod';

/** What can be set about webhooks; docs/configuration.md says what each means. */
export interface PushSettings {
  readonly allowHosts: readonly string[];
  readonly maxAttempts: number;
  readonly timeoutMs: number;
}

/** The group `push` of the configuration. */
export const pushSchema: z.ZodType<PushSettings> = z
  .strictObject({
    allowHosts: z
      .array(z.string())
      .default([])
      .describe('Origins, addresses and CIDR blocks that webhooks may have beside public ones over https.'),
    maxAttempts: z
      .number()
      .int()
      .positive()
      .default(10)
      .describe('How often a webhook is tried for one item, 1, 2, 4 … 300 s apart, before it is given up.'),
    timeoutMs: z
      .number()
      .int()
      .positive()
      .max(2 ** 31 - 1)
      .default(10_000)
      .describe('How long one call of a webhook may take.'),
  })
  .prefault({});
