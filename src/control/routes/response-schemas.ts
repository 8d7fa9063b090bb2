import { z } from 'zod';
import { packageSourceSchema, taskStateSchema } from './request-schemas.ts';

const count = z.number().int().min(0);
const text = z.string();
const texts = z.array(text);
const agentStatus = z.enum(['starting', 'healthy', 'disabled', 'failed', 'stopped']);
const deploymentStatus = z.enum([
  'pending',
  'downloading',
  'loading',
  'starting',
  'healthy',
  'failed',
  'stopping',
  'stopped',
]);

const skill = z.looseObject({
  id: text,
  name: text,
  description: text,
  tags: texts,
  idempotent: z.boolean(),
  private: z.boolean(),
});

/** A FabricNodeView on the wire. */
export const fabricNodeSchema: z.ZodType = z.strictObject({
  id: text,
  state: z.enum(['up', 'silent', 'left']),
  isSelf: z.boolean(),
  address: text,
  url: z.url(),
  zone: text,
  version: text,
  startedAtMs: count,
});

/** An AgentView on the wire. */
export const agentSchema: z.ZodType = z.strictObject({
  id: text,
  name: text,
  description: text,
  version: text,
  packageId: text,
  status: agentStatus,
  reason: text.optional(),
  private: z.boolean(),
  skills: z.array(skill),
  defaultSkill: text.optional(),
  tags: texts.optional(),
  capabilities: texts.optional(),
  inputModes: texts,
  outputModes: texts,
  deployments: texts,
  inFlight: count,
  queued: count,
  lastActivityAtMs: count.optional(),
  url: z.url(),
});

/** An AgentChange on the wire. */
export const agentChangeSchema: z.ZodType = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('agent'), agent: agentSchema }),
  z.strictObject({ kind: z.literal('gone'), id: text }),
]);

const worker = z.strictObject({
  id: text,
  pid: count.optional(),
  state: z.enum(['starting', 'ready', 'draining', 'waiting', 'stopped']),
  inFlight: count,
  memoryBytes: count.optional(),
  startedAtMs: count.optional(),
  restarts: count,
  lastExit: text.optional(),
});

/** A DeploymentView on the wire. */
export const deploymentSchema: z.ZodType = z.strictObject({
  id: text,
  agentId: text,
  source: packageSourceSchema,
  packageId: text.optional(),
  packageDigest: text.optional(),
  status: deploymentStatus,
  message: text.optional(),
  warnings: texts,
  details: z.strictObject({
    error: text.optional(),
    progress: z.strictObject({ receivedBytes: count, totalBytes: count.optional() }).optional(),
  }),
  replicas: count,
  weight: z.number().min(0),
  enabled: z.boolean(),
  limits: z.strictObject({ memoryBytes: count.optional(), cpus: z.number().optional() }),
  surfaces: z.strictObject({ rest: z.boolean(), a2a: z.boolean(), ui: z.boolean() }),
  ports: z.strictObject({ http: count, grpc: count }).optional(),
  inFlight: count,
  lastActivityAtMs: count.optional(),
  createdAtMs: count,
  changedAtMs: count,
  workers: z.array(worker),
});

/** A HistoryEntry on the wire. */
export const historyEntrySchema: z.ZodType = z.strictObject({
  key: text.describe('Names it for a rollback.'),
  id: text,
  packageId: text,
  packageDigest: text.optional(),
  version: text,
  status: deploymentStatus,
  message: text.optional(),
  current: z.boolean(),
  served: z.boolean().describe('It has been healthy.'),
  rolledBack: z.boolean().describe('It has ended because an earlier one was gone back to, which runs.'),
  replicas: count,
  weight: z.number().min(0),
  enabled: z.boolean(),
  createdAtMs: count,
  changedAtMs: count,
});

/** A LogLine on the wire. */
export const logLineSchema: z.ZodType = z.strictObject({
  sequence: count,
  atMs: count,
  deploymentId: text,
  workerId: text,
  stream: z.enum(['stdout', 'stderr', 'log', 'supervisor']),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: text,
});

/** A TaskSummary on the wire. */
export const taskSchema: z.ZodType = z.strictObject({
  id: text,
  agentId: text,
  contextId: text,
  state: taskStateSchema,
  changedAt: text,
  message: text.optional(),
});

/** A TaskSummaryPage on the wire. */
export const taskPageSchema: z.ZodType = z.strictObject({
  tasks: z.array(taskSchema),
  nextPageToken: text.describe('Empty on the last page.'),
  totalSize: count,
});

/** A NodeOverview on the wire. */
export const statusSchema: z.ZodType = z.strictObject({
  version: text,
  nodeVersion: text,
  pid: count,
  url: z.url(),
  grpcAddress: text.optional(),
  dataFolder: text,
  phase: z.enum(['starting', 'ready', 'stopping']),
  startedAtMs: count,
  missingPorts: z.array(z.strictObject({ deploymentId: text, port: count, reason: text })),
  agents: z.strictObject({ total: count, healthy: count }),
  deployments: z.partialRecord(deploymentStatus, count),
});

/** A VersionView on the wire. */
export const versionSchema: z.ZodType = z.strictObject({ name: z.literal('parley'), version: text });

/** What every refused call answers. */
export const errorSchema: z.ZodType = z.strictObject({
  error: z.strictObject({
    code: text.describe('A code of docs/errors.md.'),
    message: text,
    details: z.record(text, z.unknown()).optional(),
  }),
});
