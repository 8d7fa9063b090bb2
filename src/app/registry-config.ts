import { z } from 'zod';
import type { SelectionRule } from '../registry/index.ts';

/** What can be set about finding and choosing agents; docs/configuration.md says what each means. */
export interface RegistryConfig {
  readonly agentsFile?: string | undefined;
  readonly allowHosts: readonly string[];
  readonly pollMs: number;
  readonly zone?: string | undefined;
  readonly selection: {
    readonly policy: 'weighted' | 'least-load';
    readonly affinity: boolean;
    readonly agents: Readonly<Record<string, SelectionRule>>;
  };
}

const policy = z.enum(['weighted', 'least-load']);

/** The group `registry` of the configuration. */
export const registrySchema: z.ZodType<RegistryConfig> = z
  .strictObject({
    agentsFile: z
      .string()
      .min(1)
      .optional()
      .describe('YAML file that names agents which run elsewhere; read again when it changes.'),
    allowHosts: z
      .array(z.string())
      .default([])
      .describe('Origins, addresses and CIDR blocks that cards of remote agents may lead to beside public ones.'),
    pollMs: z
      .number()
      .int()
      .min(100)
      .max(86_400_000)
      .default(30_000)
      .describe(
        'How often the card of a remote agent is looked at; up to four times as long when its server allows it.',
      ),
    zone: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Where this node is; calls go to endpoints of the same zone while one of them has room. Default: `node.zone`.',
      ),
    selection: z
      .strictObject({
        policy: policy
          .default('weighted')
          .describe('How calls are shared: evenly by weight, or `least-load`, the less busy of two taken at random.'),
        affinity: z
          .boolean()
          .default(false)
          .describe('A context stays with its endpoint while that is healthy and has room.'),
        agents: z
          .record(z.string(), z.strictObject({ policy: policy.exactOptional(), affinity: z.boolean().exactOptional() }))
          .default({})
          .describe('The same for single agents, by agent id.'),
      })
      .prefault({}),
  })
  .prefault({});
