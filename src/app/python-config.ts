import { z } from 'zod';

/** Settings of the sessions in which packages have Python code run. */
export interface PythonConfig {
  readonly idleMs: number;
  readonly maxSessions: number;
  readonly maxSessionsPerDeployment: number;
}

/** Their schema; a part of the node's. */
export const pythonSchema: z.ZodType<PythonConfig, unknown> = z
  .strictObject({
    idleMs: z
      .number()
      .int()
      .positive()
      .max(2 ** 31 - 1)
      .default(5_400_000)
      .describe('A Python session that nobody uses for so long ends.'),
    maxSessions: z.number().int().positive().default(32).describe('Python sessions that may be open on the node.'),
    maxSessionsPerDeployment: z
      .number()
      .int()
      .positive()
      .default(8)
      .describe('Python sessions that may be open in one deployment.'),
  })
  .prefault({});
