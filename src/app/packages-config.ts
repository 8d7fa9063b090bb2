import { z } from 'zod';

/** What can be set about packages; docs/configuration.md says what each means. */
export interface PackagesConfig {
  readonly maxBytes: number;
  readonly downloadTimeoutMs: number;
  readonly cacheBytes: number;
  readonly allowHosts: readonly string[];
  readonly signatures: {
    readonly policy: 'off' | 'warn' | 'require';
    readonly keys: Readonly<Record<string, readonly string[]>>;
  };
  /** Where packages named by bucket and key lie. */
  readonly s3: { readonly region?: string | undefined; readonly endpoint?: string | undefined };
  readonly registry?:
    | {
        readonly source: string;
        readonly intervalMs: number;
        readonly agents?: readonly string[] | undefined;
      }
    | undefined;
}

const milliseconds = z
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1);
const bytes = z.number().int().positive();

const signatures = z
  .strictObject({
    policy: z
      .enum(['off', 'warn', 'require'])
      .default('off')
      .describe('What an unsigned or wrongly signed package is: taken, warned of, or refused.'),
    keys: z
      .record(z.string(), z.array(z.string()).min(1))
      .default({})
      .describe('Public keys by package name; `*` for packages without an entry of their own.'),
  })
  .prefault({});

const s3 = z
  .strictObject({
    region: z.string().min(1).optional().describe('Region of AWS; default: as its own variables and files say.'),
    endpoint: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Address of a store that speaks S3; one that is not public is named in packages.allowHosts, too.'),
  })
  .prefault({});

const registry = z
  .strictObject({
    source: z
      .string()
      .min(1)
      .describe('Address of an index, or a folder with .apkg files, whose new versions replace what runs.'),
    intervalMs: milliseconds.min(1_000).default(60_000).describe('How often the registry of packages is looked at.'),
    agents: z
      .array(z.string())
      .optional()
      .describe('The agents to follow, also before they are deployed; default: those that run.'),
  })
  .optional();

/** The group `packages` of the configuration. */
export const packagesSchema: z.ZodType<PackagesConfig> = z
  .strictObject({
    maxBytes: bytes.default(100 * 1024 * 1024).describe('Largest package: of a download, an upload, a file.'),
    downloadTimeoutMs: milliseconds.default(60_000).describe('How long one download may take, with its retries.'),
    cacheBytes: bytes
      .default(1024 * 1024 * 1024)
      .describe('How much is kept of what was fetched and uploaded; the oldest unused goes first.'),
    allowHosts: z
      .array(z.string())
      .default([])
      .describe('Origins, addresses and CIDR blocks that packages may come from beside public addresses.'),
    signatures,
    s3,
    registry,
  })
  .prefault({});
