import { z } from 'zod';

/** What can be set about nodes that share a store; docs/nodes.md says what each means. */
export interface NodesConfig {
  readonly id?: string | undefined;
  readonly zone: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly address?: string | undefined;
  readonly leaseMs: number;
}

export interface FabricConfig {
  readonly key?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** The group `node` of the configuration. */
export const nodeSchema: z.ZodType<NodesConfig> = z
  .strictObject({
    id: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, dots, dashes; at most 64')
      .optional()
      .describe('Name of the node among those that share a store; default: one that is kept in the data folder.'),
    zone: z.string().max(64).default('').describe('Where the node is; calls stay in their zone while they can.'),
    listen: z
      .strictObject({
        host: z.string().default('127.0.0.1').describe('Address on which other nodes reach this one.'),
        port: z.number().int().min(0).max(65_535).default(0).describe('Port of it; 0 takes a free one.'),
      })
      .prefault({}),
    address: z
      .string()
      .regex(/^[^\s/]+:\d{1,5}$/, 'host:port')
      .optional()
      .describe('What other nodes are told to call, `host:port`; default: what `node.listen` says.'),
    leaseMs: z
      .number()
      .int()
      .min(1_000)
      .max(600_000)
      .default(10_000)
      .describe('A node that is silent for so long is dead, and others take over its tasks.'),
  })
  .prefault({});

/** The group `fabric` of the configuration. */
export const fabricSchema: z.ZodType<FabricConfig> = z
  .strictObject({
    key: z
      .string()
      .min(32, 'at least 32 characters')
      .optional()
      .describe('Secret that the nodes of one fabric share; default: the node.key of the data folder.'),
    keyFile: z.string().optional().describe('File with that secret, mode 0600.'),
  })
  .prefault({});
