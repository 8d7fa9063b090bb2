import { z } from 'zod';

/** What can be set about schemas; docs/configuration.md says what each means. */
export interface SchemaRegistryConfig {
  readonly url?: string | undefined;
}

/** The group `schemaRegistry` of the configuration. */
export const schemaRegistrySchema: z.ZodType<SchemaRegistryConfig> = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe(
        "A registry with the REST API of Confluent, `https://user:password@registry.example`; default: the node's own, at `/schema-registry`.",
      ),
  })
  .prefault({});
