import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { DeployRequest, DeployWebhook, PackageSource } from '../../control/index.ts';

/** A reference to a package in S3. */
export interface ObjectReference {
  readonly bucket: string;
  readonly key: string;
}

/** What a deploy call of PAR asks for, in our words. */
export interface ParDeploy {
  readonly deploymentId: string;
  /** Where the package is; what is in S3 has no address yet. */
  readonly source: PackageSource | ObjectReference;
  readonly request: Omit<DeployRequest, 'source'>;
  /** Fetched anew, whatever is kept of it. */
  readonly refresh: boolean;
  readonly webhook: DeployWebhook | undefined;
}

const text = z.string().min(1).max(8_192);
const id = text.max(128);
const object = z.object({ bucket: text.max(255), key: text.max(1_024), signedUrl: text.nullish() });
const reference = z.union([text, object, z.object({ packageUrl: text })], {
  error: 'must be an address, {bucket, key, signedUrl?}, or {packageUrl}',
});

const bodySchema = z.object({
  deploymentId: id,
  agentAppId: id,
  orgId: id,
  version: text.max(128),
  packageUrl: reference,
  cpuUnits: z.number().positive().max(1_048_576).nullish(),
  memoryMB: z.number().int().min(1).max(16_777_216).nullish(),
  surfaces: z
    .object({
      mode: z.enum(['multiplex', 'multiport']).nullish(),
      ports: z.record(z.string(), z.number().int()).nullish(),
    })
    .nullish(),
  webhook: z.object({ url: z.url({ protocol: /^https?$/ }).max(8_192), secret: text.nullish() }).nullish(),
  forceRefresh: z.boolean().nullish(),
  packageSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits')
    .nullish(),
  allowDowngrade: z.boolean().nullish(),
});

type DeployBody = z.infer<typeof bodySchema>;

/** The body of a deploy call; fields that it does not know are ignored, as PAR ignored them. */
export const deployBodySchema: z.ZodType<ParDeploy> = bodySchema.transform((body, context) => {
  const source = readSource(body.packageUrl);
  if (source !== undefined) return toDeploy(body, source);
  context.addIssue({ code: 'custom', path: ['packageUrl'], message: 'must be an http, https, s3 or file address' });
  return z.NEVER;
});

function readSource(given: DeployBody['packageUrl']): ParDeploy['source'] | undefined {
  if (typeof given === 'string') return readAddress(given);
  if ('packageUrl' in given) return readAddress(given.packageUrl);
  const { bucket, key, signedUrl } = given;
  return signedUrl ? readAddress(signedUrl) : { bucket, key };
}

function readAddress(address: string): ParDeploy['source'] | undefined {
  const url = URL.parse(address);
  // What an escape spells that is none, or a slash within a name, is no place.
  if (url === null || (!/^https?:$/.test(url.protocol) && !isPlainPath(url.pathname))) return undefined;
  if (url.protocol === 'http:' || url.protocol === 'https:') return { kind: 'url', url: address };
  if (url.protocol === 'file:' && url.host === '') return { kind: 'file', path: fileURLToPath(url) };
  const key = url.pathname.slice(1);
  if (url.protocol !== 's3:' || url.host === '' || key === '') return undefined;
  return { bucket: url.host, key: decodeURIComponent(key) };
}

function isPlainPath(path: string): boolean {
  try {
    return decodeURIComponent(path).length > 0 && !/%2f/i.test(path);
  } catch {
    return false;
  }
}

/** What was not said is not set: the node's own limits hold. */
function toDeploy(body: DeployBody, source: ParDeploy['source']): ParDeploy {
  const { deploymentId, agentAppId: agentId, orgId: organization } = body;
  const { cpuUnits, memoryMB, packageSha256, allowDowngrade, forceRefresh, webhook } = body;
  const limits = {
    ...(memoryMB && { memoryBytes: memoryMB * 1024 * 1024 }),
    ...(cpuUnits && { cpus: cpuUnits / 1_024 }),
  };
  return {
    deploymentId,
    source,
    request: {
      ...{ deploymentId, agentId, organization, limits },
      ...(packageSha256 && { packageSha256 }),
      ...(allowDowngrade && { allowDowngrade }),
    },
    refresh: forceRefresh === true,
    webhook: webhook ? { url: webhook.url, ...(webhook.secret && { secret: webhook.secret }) } : undefined,
  };
}
