import { z } from 'zod';

/** What can be set about gRPC; docs/configuration.md says what each means. */
export interface GrpcConfig {
  readonly enabled: boolean;
  readonly port: number;
}

/** The group `grpc` of the configuration. */
export const grpcSchema: z.ZodType<GrpcConfig> = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Whether the node has a gRPC port; deployments' own ports always do."),
    port: z
      .number()
      .int()
      .min(0)
      .max(65_535)
      .default(50_051)
      .describe(
        'Port of gRPC, on loopback; 0 takes a free one. When another program has it, the node works without and tries again.',
      ),
  })
  .prefault({});
