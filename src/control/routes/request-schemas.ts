import { z } from 'zod';
import type { DeployRequest, PackageSource } from '../../runtime/index.ts';
import type { TaskSummary } from '../views.ts';

const count = z.number().int().min(0);
/** The states a task can be in. */
export const taskStateSchema: z.ZodEnum<{ [State in TaskSummary['state']]: State }> = z.enum({
  submitted: 'submitted',
  working: 'working',
  'input-required': 'input-required',
  'auth-required': 'auth-required',
  completed: 'completed',
  failed: 'failed',
  canceled: 'canceled',
  rejected: 'rejected',
});

const absolutePath = z
  .string()
  .max(4_096)
  .startsWith('/', 'must be an absolute path on the machine of the node')
  .describe("Absolute, on the node's machine.");

const digest = z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hex digits');

/** Where a package comes from. */
export const packageSourceSchema: z.ZodType<PackageSource> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('file'), path: absolutePath }),
  z.strictObject({ kind: z.literal('folder'), path: absolutePath }),
  z.strictObject({ kind: z.literal('url'), url: z.url({ protocol: /^https?$/ }).max(8_192) }),
  z.strictObject({ kind: z.literal('upload'), sha256: digest }),
]);

const id = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be letters, digits, ".", "_" and "-", and begin with a letter or digit');

const restart = z.strictObject({
  mode: z.enum(['always', 'on-failure', 'never']).exactOptional(),
  delayMs: count.exactOptional(),
  multiplier: z.number().min(1).exactOptional(),
  maxDelayMs: count.exactOptional(),
  maxRestarts: count.exactOptional(),
  windowMs: count.exactOptional(),
});

const replicas = z.number().int().min(1).max(64);
const weight = z.number().min(0).max(1_000);

/** The body of a deploy call. */
export const deployRequestSchema: z.ZodType<DeployRequest> = z.strictObject({
  source: packageSourceSchema,
  agentId: id.exactOptional().describe("Default: the package's name."),
  deploymentId: id.exactOptional().describe('Default: the agent id and a short random suffix.'),
  replicas: replicas.exactOptional().describe('Default 1.'),
  environment: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(65_536))
    .exactOptional()
    .describe('Sealed at rest, never returned.'),
  restart: restart.exactOptional(),
  packageSha256: digest.exactOptional().describe("The file's digest; another one is refused."),
  strategy: z
    .enum(['replace', 'beside'])
    .exactOptional()
    .describe('What happens to the other deployments of the agent once this one is healthy. Default replace.'),
  weight: weight.exactOptional().describe("Share of the agent's new calls. Default 1."),
  limits: z
    .strictObject({
      memoryBytes: z
        .number()
        .int()
        .min(1024 * 1024)
        .exactOptional(),
      cpus: z.number().positive().max(1_024).exactOptional(),
    })
    .exactOptional()
    .describe('What the processes of one replica may use together.'),
  allowBuild: z.boolean().exactOptional().describe('Lets the installation of dependencies run their code.'),
  allowDowngrade: z.boolean().exactOptional().describe('Takes a version lower than the one that the agent has.'),
  signature: z.string().max(16_384).exactOptional().describe('Text of the detached signature, NAME.apkg.sig.'),
  inherit: z
    .boolean()
    .exactOptional()
    .describe("What is not said here is taken from the agent's current deployment, its environment too."),
  organization: id.exactOptional().describe('Environments are shared within an organization only.'),
});

/** The body of a call that scales a deployment. */
export const scaleRequestSchema: z.ZodType<{ readonly replicas: number }> = z.strictObject({ replicas });

/** The body of a call that sets weights. */
export const weightsRequestSchema: z.ZodType<{ readonly weights: Readonly<Record<string, number>> }> = z.strictObject({
  weights: z.record(id, weight).describe("By deployment id: the share of the agent's new calls."),
});

/** The body of a rollback. */
export const rollbackRequestSchema: z.ZodType<{ readonly to?: string }> = z.strictObject({
  to: z
    .string()
    .max(160)
    .exactOptional()
    .describe('A deployment id, or a key of the history. Default: what was before the present one, and has run.'),
});
