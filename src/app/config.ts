import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { isSystemError, ParleyError } from '../base/index.ts';
import { loadYaml, type UidSettings } from '../runtime/index.ts';
import { type BridgeConfig, bridgeSchema } from './bridge-config.ts';
import { type GrpcConfig, grpcSchema } from './grpc-config.ts';
import { type IdentityConfig, identitySchema } from './identity-config.ts';
import { type LimitsConfig, limitsSchema } from './limits-config.ts';
import { type LogConfig, logSchema } from './log-config.ts';
import { type MarketConfig, marketSchema } from './market-config.ts';
import { type FabricConfig, fabricSchema, type NodesConfig, nodeSchema } from './nodes-config.ts';
import { type PackagesConfig, packagesSchema } from './packages-config.ts';
import { type PushSettings, pushSchema } from './push-config.ts';
import { type PythonConfig, pythonSchema } from './python-config.ts';
import { type RegistryConfig, registrySchema } from './registry-config.ts';
import { type ResilienceSettings, resilienceSchema } from './resilience-config.ts';
import { type SchemaRegistryConfig, schemaRegistrySchema } from './schema-config.ts';
import { type StoreConfig, storeSettingsSchema } from './store-config.ts';
import { type TlsConfig, tlsSchema } from './tls-config.ts';

/** What can be set; docs/configuration.md says what each means. Times in milliseconds, sizes in bytes. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly publicUrl?: string | undefined;
  readonly hostNames: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly insecureOperator: boolean;
  readonly log: LogConfig;
  readonly identity: IdentityConfig;
  readonly limits: LimitsConfig;
  readonly surfaces: { readonly bodyBytes: number; readonly connectTimeoutMs: number; readonly headTimeoutMs: number };
  readonly a2a: { readonly strictCards: boolean };
  readonly grpc: GrpcConfig;
  readonly tls: TlsConfig;
  readonly tasks: {
    readonly idleMs: number;
    readonly maxQueued: number;
    readonly cancelWaitMs: number;
    readonly recoverWaitMs: number;
    readonly dedupe: 'asked' | 'message-id';
    readonly keepFinishedMs: number;
    readonly keepFinished: number;
  };
  readonly store: StoreConfig;
  readonly node: NodesConfig;
  readonly fabric: FabricConfig;
  readonly resilience: ResilienceSettings;
  readonly bridge: BridgeConfig;
  readonly market: MarketConfig;
  readonly packages: PackagesConfig;
  readonly push: PushSettings;
  readonly python: PythonConfig;
  readonly registry: RegistryConfig;
  readonly schemaRegistry: SchemaRegistryConfig;
  readonly workers: {
    readonly python: string;
    readonly node?: string | undefined;
    readonly passEnv: readonly string[];
    readonly readyTimeoutMs: number;
    readonly drainGraceMs: number;
    readonly replaceGraceMs: number;
    readonly cancelGraceMs: number;
    readonly installTimeoutMs: number;
    readonly installMemoryBytes: number;
    readonly keepEnvironmentsMs: number;
    readonly ports: { readonly first: number; readonly last: number };
    readonly limits: { readonly memoryBytes?: number | undefined; readonly cpus?: number | undefined };
    readonly uids: UidSettings;
  };
}

/** The settings of a node, complete and frozen. */
export interface NodeConfig extends Settings {
  readonly dataFolder: string;
  /** Accepted beside the token that the node writes; from PAR_RUNTIME_SECRET. */
  readonly operatorSecret: string | undefined;
}

const milliseconds = z
  .number()
  .int()
  .positive()
  .max(2 ** 31 - 1);
const bytes = z.number().int().positive();
/** Its twin, 10,000 above, must be a port, too. */
const deploymentPort = z.number().int().min(1).max(55_535);

const schema: z.ZodType<Settings> = z.strictObject({
  host: z.string().default('127.0.0.1').describe('Address to listen on; only loopback while callers have no identity.'),
  port: z.number().int().min(0).max(65_535).default(8000).describe('Port of the front door; 0 takes a free one.'),
  publicUrl: z.url().optional().describe('Address that agent cards give, when it is not the one listened on.'),
  hostNames: z
    .array(z.string())
    .default([])
    .describe('Values of the Host header that are accepted beside loopback names.'),
  allowedOrigins: z.array(z.string()).default([]).describe('Web origins that may call.'),
  insecureOperator: z.boolean().default(false).describe('Operator routes need no credential.'),
  log: logSchema,
  identity: identitySchema,
  limits: limitsSchema,
  surfaces: z
    .strictObject({
      bodyBytes: bytes
        .default(100 * 1024 * 1024)
        .describe("Largest body of a request to a package's own routes; it is passed on as it comes."),
      connectTimeoutMs: milliseconds
        .default(5_000)
        .describe('A worker that takes no connection by then is unreachable.'),
      headTimeoutMs: milliseconds
        .default(300_000)
        .describe("A package's own route that has not begun its answer by then is given up with 504."),
    })
    .prefault({}),
  a2a: z
    .strictObject({
      strictCards: z
        .boolean()
        .default(false)
        .describe("Cards that are asked for without a version have A2A 1.0's fields only, and not 0.3's beside them."),
    })
    .prefault({}),
  grpc: grpcSchema,
  tls: tlsSchema,
  tasks: z
    .strictObject({
      idleMs: milliseconds
        .default(300_000)
        .describe('Without an event for so long a call is over; waiting for input counts for nothing.'),
      maxQueued: z
        .number()
        .int()
        .positive()
        .default(10_000)
        .describe('Tasks that may wait for one agent; beyond it callers get 429.'),
      cancelWaitMs: milliseconds.default(10_000).describe('How long a cancel call waits for the work to have stopped.'),
      recoverWaitMs: milliseconds
        .default(60_000)
        .describe('A task that was open when its node stopped waits so long for an agent that is not there yet.'),
      dedupe: z
        .enum(['asked', 'message-id'])
        .default('asked')
        .describe('What is done once: sends that ask for it, or also any two with the same message id.'),
      keepFinishedMs: z
        .number()
        .int()
        .positive()
        .default(7 * 24 * 3_600_000)
        .describe('How long a finished task is kept.'),
      keepFinished: z.number().int().positive().default(1_000_000).describe('How many finished tasks are kept.'),
    })
    .prefault({}),
  store: storeSettingsSchema,
  node: nodeSchema,
  fabric: fabricSchema,
  resilience: resilienceSchema,
  bridge: bridgeSchema,
  market: marketSchema,
  packages: packagesSchema,
  push: pushSchema,
  python: pythonSchema,
  registry: registrySchema,
  schemaRegistry: schemaRegistrySchema,
  workers: z
    .strictObject({
      python: z.string().default('python3').describe('Interpreter of Python packages.'),
      node: z.string().optional().describe('Interpreter of Node packages; default: the one Parley runs on.'),
      passEnv: z
        .array(z.string())
        .default([])
        .describe('Variables of the environment that workers see beside the allow-list.'),
      readyTimeoutMs: milliseconds.default(60_000).describe('A worker that is not ready by then is ended.'),
      drainGraceMs: milliseconds
        .default(30_000)
        .describe('A worker that is to stop may take so long to finish its calls.'),
      replaceGraceMs: milliseconds
        .default(600_000)
        .describe('A worker that another one has replaced may take so long to finish its calls, questions included.'),
      cancelGraceMs: milliseconds
        .default(5_000)
        .describe('A call that ignores its cancellation for so long costs its worker.'),
      installTimeoutMs: milliseconds.default(600_000).describe('One run of pip or npm may take so long.'),
      installMemoryBytes: bytes
        .default(2 * 1024 ** 3)
        .describe('The processes of one run of pip or npm may use together.'),
      keepEnvironmentsMs: z
        .number()
        .int()
        .positive()
        .default(7 * 24 * 3_600_000)
        .describe('What was installed for packages and not used for so long is removed when the node starts.'),
      ports: z
        .strictObject({
          first: deploymentPort
            .default(8001)
            .describe('Lowest HTTP port of a deployment; its gRPC port is 10,000 above.'),
          last: deploymentPort.default(8400).describe('Highest HTTP port of a deployment.'),
        })
        .refine(({ first, last }) => first <= last, { message: 'last must not be below first' })
        .prefault({}),
      limits: z
        .strictObject({
          memoryBytes: bytes
            .optional()
            .describe('What the processes of one worker may use together, where the deployment does not say it.'),
          cpus: z
            .number()
            .positive()
            .optional()
            .describe('Processor cores that they may use together; 0.5 is half of one.'),
        })
        .prefault({}),
      uids: z
        .strictObject({
          mode: z
            .enum(['auto', 'off', 'require'])
            .default('auto')
            .describe(
              'Whether each deployment runs as a user of its own; `auto`: where the node is root and it can be done.',
            ),
          first: z
            .number()
            .int()
            .min(1_000)
            .max(2 ** 31)
            .default(50_000)
            .describe('First user id for deployments; also the group id that all of them have.'),
          count: z.number().int().positive().max(1_000_000).default(10_000).describe('How many user ids there are.'),
        })
        .prefault({}),
    })
    .prefault({}),
});

export interface ConfigSources {
  /** From the command line; wins over all. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: `config.yaml` in the data folder, if it is there. */
  readonly file?: string;
}

/** Environment variable → path of the setting. */
const variables: Readonly<Record<string, string>> = {
  PARLEY_HOST: 'host',
  PARLEY_PORT: 'port',
  PARLEY_PUBLIC_URL: 'publicUrl',
  PARLEY_LOG_LEVEL: 'log.level',
  PARLEY_PYTHON: 'workers.python',
  PARLEY_STORE_URL: 'store.url',
  PARLEY_LOG_URL: 'log.url',
  PARLEY_BRIDGE_REDIS_URL: 'bridge.redisUrl',
  PARLEY_FABRIC_KEY: 'fabric.key',
  PARLEY_NODE_ADDRESS: 'node.address',
  PARLEY_TLS_CERT: 'tls.cert',
  PARLEY_TLS_KEY: 'tls.key',
  PARLEY_TLS_CLIENT_CA: 'tls.clientCa',
};

/** Settings of a node. Each wins over the next: flags, environment, file, default. CONFIG_INVALID says which and why. */
export function resolveConfig({ flags, environment, file }: ConfigSources): NodeConfig {
  const { dataFolder: chosen, ...rest } = flags;
  const dataFolder = resolveDataFolder(typeof chosen === 'string' ? chosen : undefined, environment);
  const merged = mergeSettings([
    readFile(file ?? join(dataFolder, 'config.yaml'), file !== undefined),
    fromEnvironment(environment),
    defined(rest),
  ]);
  const parsed = schema.safeParse(merged);
  if (!parsed.success) throw invalid(z.prettifyError(parsed.error), parsed.error);
  refuseOpenOperator(parsed.data);
  requireClientCa(parsed.data);
  return freeze({ ...parsed.data, dataFolder, operatorSecret: environment['PAR_RUNTIME_SECRET'] || undefined });
}

/** Where others reach the node, or callers have an identity, the operator's routes are not for everybody. */
function refuseOpenOperator({ insecureOperator, identity }: Settings): void {
  if (!insecureOperator || identity.modes.length === 0) return;
  throw invalid('insecureOperator lets everybody in, and identity.modes nobody without a credential; leave one out.');
}

/** Certificates say who calls only where somebody looks at them. */
function requireClientCa({ identity, tls }: Settings): void {
  if (!identity.modes.includes('certificates') || tls.clientCa !== undefined) return;
  throw invalid('identity.modes has certificates: set tls.cert, tls.key and tls.clientCa, too.');
}

/** Where a node keeps its state: the flag, PARLEY_DATA, or `.parley` in the home folder. */
export function resolveDataFolder(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return resolve(flag ?? (environment['PARLEY_DATA'] || join(homedir(), '.parley')));
}

/** One line per setting, for the documentation: name, default, meaning, variable. */
export function describeSettings(): readonly { name: string; default: string; meaning: string; variable: string }[] {
  const document = z.toJSONSchema(schema, { io: 'input' });
  return describe(document as SchemaNode, '');
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly default?: unknown;
  readonly description?: string;
}

function describe(
  node: SchemaNode,
  prefix: string,
): { name: string; default: string; meaning: string; variable: string }[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const name = prefix + key;
    if (child.properties) return describe(child, `${name}.`);
    const variable = Object.keys(variables).find((candidate) => variables[candidate] === name) ?? '';
    const value = child.default === undefined ? '' : JSON.stringify(child.default);
    return [{ name, default: value, meaning: child.description ?? '', variable }];
  });
}

function readFile(path: string, required: boolean): Record<string, unknown> {
  try {
    const text = readFileSync(path, 'utf8');
    return (loadYaml().parse(text, { maxAliasCount: 0 }) as Record<string, unknown> | null) ?? {};
  } catch (thrown) {
    // A data folder that cannot be one is told of when it is opened.
    if (!required && (isSystemError(thrown, 'ENOENT') || isSystemError(thrown, 'ENOTDIR'))) return {};
    throw invalid(`${path}: ${thrown instanceof Error ? thrown.message : String(thrown)}`, thrown);
  }
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  const settings: Record<string, unknown> = {};
  for (const [variable, path] of Object.entries(variables)) {
    const value = environment[variable];
    if (value === undefined || value === '') continue;
    const [group = '', key] = path.split('.');
    const parsed = path === 'port' ? Number(value) : value;
    settings[group] = key === undefined ? parsed : { ...(settings[group] as object | undefined), [key]: parsed };
  }
  return settings;
}

function mergeSettings(layers: readonly Record<string, unknown>[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      const below = merged[key];
      merged[key] = isGroup(below) && isGroup(value) ? { ...below, ...value } : value;
    }
  }
  return merged;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function defined(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function invalid(problem: string, cause?: unknown): ParleyError {
  return new ParleyError('CONFIG_INVALID', `The configuration is not valid. ${problem}`, { cause });
}

function freeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) freeze(child);
  return Object.freeze(value);
}
