import { z } from 'zod';

const maxRecordBytes: number = 1024 * 1024;

/** The group `log`: what the node writes about itself, and where records between agents lie. */
export interface LogConfig {
  readonly level: string;
  readonly url?: string | undefined;
  readonly relay: boolean;
  readonly sealed: boolean;
  readonly maxRecordBytes: number;
  readonly retentionMs: number;
}

/** The group `log` of the configuration. */
export const logSchema: z.ZodType<LogConfig> = z
  .strictObject({
    level: z
      .enum(['debug', 'info', 'warn', 'error', 'silent'])
      .default('warn')
      .describe('Least severe line that is written.'),
    url: z
      .string()
      .regex(/^(rediss?|kafkas?)(\+\w+)?:\/\//)
      .optional()
      .describe(
        'Kafka (`kafka://h1,h2`) or Redis that carries the records between agents; without it, the Redis of the store, else a file in the data folder.',
      ),
    relay: z.boolean().default(false).describe('What happens to tasks is published to the topic `task-events`.'),
    sealed: z
      .boolean()
      .default(false)
      .describe(
        'Contents in `task-events` are sealed with a key for each owner of tasks, so that one owner’s can be erased.',
      ),
    maxRecordBytes: z
      .number()
      .int()
      .min(1_024)
      .max(maxRecordBytes)
      .default(maxRecordBytes)
      .describe('Larger records are refused: key, value and headers together.'),
    retentionMs: z
      .number()
      .int()
      .min(0)
      .default(7 * 24 * 3_600_000)
      .describe('How long a file or Redis keeps the records of topics that do not say it; 0: for ever.'),
  })
  .prefault({});
