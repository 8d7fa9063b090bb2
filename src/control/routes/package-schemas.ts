import { z } from 'zod';

const count = z.number().int().min(0);
const text = z.string();
const texts = z.array(text);

/** A PackageView on the wire. */
export const packageSchema: z.ZodType = z.strictObject({
  digest: text,
  packageId: text.optional(),
  size: count.optional(),
  from: text.optional().describe('Without query, user and password.'),
  cached: z.boolean(),
  installed: z.boolean(),
  lastUsedAtMs: count.optional(),
  deployments: texts,
});

/** An UploadedPackage on the wire. */
export const uploadedPackageSchema: z.ZodType = z.strictObject({
  sha256: text.describe('The source of a deploy call: {"kind":"upload","sha256":…}.'),
  size: count,
  packageId: text,
  name: text,
  version: text,
  warnings: texts,
});

/** A PackageRegistryView on the wire. */
export const packageRegistrySchema: z.ZodType = z.strictObject({
  source: text,
  intervalMs: count,
  checkedAtMs: count.optional(),
  error: text.optional().describe('Why it could not be read the last time.'),
  problems: texts,
  packages: z.array(
    z.strictObject({
      name: text,
      version: text,
      sha256: text,
      state: z.enum(['deployed', 'current', 'tried', 'waiting', 'not-followed']),
      message: text.optional(),
    }),
  ),
});
