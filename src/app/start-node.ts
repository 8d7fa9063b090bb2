import { createAgentCard } from '../agents/index.ts';
import { type Component, type Logger, ParleyError, startAll, stopAll, systemClock } from '../base/index.ts';
import {
  type Control,
  type ControlOptions,
  createControl,
  createControlRoutes,
  type DeployWebhooks,
  type NodeStatus,
  type TaskRecords,
} from '../control/index.ts';
import {
  createSocketClient,
  createSocketSessions,
  type SocketClient,
  type SocketSessions,
} from '../drivers/http/index.ts';
import { createGateway, type Gateway } from '../gateway/index.ts';
import { marketAgentId } from '../market/index.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { type Breakers, type CallResilience, createDeadLetterService } from '../resilience/index.ts';
import { createRuntime, type PackageRegistry, type RuntimeHandle } from '../runtime/index.ts';
import {
  createCallTokens,
  createChainsInFlight,
  createPassedCalls,
  createSealer,
  createWorkerCredentials,
  loadOrCreateSecret,
} from '../security/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import {
  createTaskService,
  defaultTaskSettings,
  guardTasks,
  type NodeSeat,
  type RunningTaskService,
} from '../tasks/index.ts';
import { type BridgeParts, createBridgeParts } from './bridge-parts.ts';
import type { NodeConfig } from './config.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { createDeployWebhooks } from './deploy-webhooks.ts';
import { createOwnAgent, fabricAgentId } from './fabric-agent-parts.ts';
import { hurryWithoutStore } from './hurry-without-store.ts';
import { createIdentityParts, type IdentityParts } from './identity-parts.ts';
import { createLogParts, type LogParts } from './log-parts.ts';
import { createLogger } from './logger.ts';
import { createMarketParts, type MarketParts } from './market-parts.ts';
import { type Joined, joinFabric } from './nodes/join-fabric.ts';
import type { NodeParts } from './nodes/node-parts.ts';
import { openStorage } from './open-storage.ts';
import { createPackageParts, type PackageParts } from './package-parts.ts';
import { productVersion } from './product.ts';
import { createPushParts, type PushParts } from './push-parts.ts';
import { releaseStartupMemory } from './release-startup-memory.ts';
import { createRemoteAgentParts, type RemoteAgentParts } from './remote-agent-parts.ts';
import { createBreakers } from './resilience-parts.ts';
import { createSchemaParts, type SchemaParts } from './schema-parts.ts';
import { openSigners, type Signers } from './signers.ts';
import { StorageSlot } from './storage-slot.ts';
import { createTaskRecords } from './task-records.ts';
import { createTelemetry, type PrometheusTelemetry } from './telemetry.ts';
import { openTlsParts, type TlsParts } from './tls-parts.ts';

/** A node that is up. */
export interface RunningNode {
  readonly url: string;
  readonly control: Control;
  /** Refuses new work, lets work in flight end until the signal aborts, then stops. Returns what went wrong. */
  stop(signal: AbortSignal): Promise<readonly ParleyError[]>;
}

export interface StartOptions {
  readonly config: NodeConfig;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Called when an operator asks the node to stop. */
  readonly onShutdown: () => void;
}

/** The rooms' parts of one node, made but not started. */
interface Parts {
  readonly folder: DataFolder;
  readonly logger: Logger;
  readonly telemetry: PrometheusTelemetry;
  /** The way to the workers' own HTTP servers. */
  readonly upstream: SocketClient;
  readonly grpcUpstream: SocketSessions;
  readonly gateway: Gateway;
  readonly registry: Registry;
  readonly storage: StorageSlot;
  /** Undefined: the ports speak plain text. */
  readonly tls: TlsParts | undefined;
}

interface Keys {
  readonly operatorToken: string;
  readonly nodeKey: string;
  readonly signers: Signers;
}

/** What is behind the front door once all runs. */
interface Admitted {
  readonly store: Store;
  readonly runtime: RuntimeHandle;
  readonly webhooks: DeployWebhooks;
  readonly tasks: RunningTaskService;
  readonly keys: Keys;
  readonly nodes: NodeParts | undefined;
  readonly bridge: BridgeParts['bridge'];
  readonly schemas: SchemaParts;
  readonly log: LogParts;
  readonly packageRegistry: PackageRegistry | undefined;
  readonly remoteAgents: RemoteAgentParts['book'];
  readonly taskRecords: TaskRecords;
  readonly market: MarketParts;
}

/** Starts a node: the front door binds first, then store, runtime and tasks; calls are admitted when all run. */
export async function startNode(options: StartOptions): Promise<RunningNode> {
  const { config } = options;
  const logger = createLogger(config.log.level);
  const tls = await openTlsParts(config, logger);
  const folder = await openDataFolder(config.dataFolder);
  const telemetry = createTelemetry();
  const upstream = createSocketClient(config.surfaces);
  const grpcUpstream = createSocketSessions();
  const upstreams = { upstream, grpcUpstream };
  const storage = new StorageSlot();
  const gateway = createGateway(gatewayOptions(config, { logger, telemetry, ...upstreams, tls, storage }));
  const parts: Parts = {
    folder,
    logger,
    telemetry,
    ...upstreams,
    gateway,
    tls,
    storage,
    registry: openRegistry(config),
  };
  const node = new Node(options, parts);
  try {
    await node.start();
  } catch (thrown) {
    await node.stop(AbortSignal.timeout(5_000));
    throw ParleyError.from(thrown);
  }
  return node;
}

class Node implements RunningNode {
  readonly #options: StartOptions;
  readonly #parts: Parts;
  readonly #packages: PackageParts;
  readonly #push: PushParts;
  readonly #identity: IdentityParts;
  readonly #chains = createChainsInFlight();
  readonly #startedAtMs = systemClock.now();
  #phase: NodeStatus['phase'] = 'starting';
  #components: readonly Component[] = [];
  #nodes: NodeParts | undefined;
  #schemas: SchemaParts | undefined;
  #log: LogParts | undefined;
  #breakers: Breakers | undefined;
  #control: Control | undefined;

  constructor(options: StartOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.#packages = createPackageParts(options.config.packages, parts.folder);
    this.#push = createPushParts(options.config.push);
    this.#identity = createIdentityParts(options.config);
  }

  get url(): string {
    return this.#parts.gateway.url;
  }

  get control(): Control {
    if (!this.#control) throw new ParleyError('UNAVAILABLE', 'The node is starting.');
    return this.#control;
  }

  async start(): Promise<void> {
    const { folder, gateway, registry } = this.#parts;
    await startAll([gateway]);
    this.#components = [gateway];
    const operatorToken = await loadOrCreateSecret(folder.operatorToken);
    const ownKey = await loadOrCreateSecret(folder.nodeKey);
    const storage = await openStorage({ config: this.#options.config, folder, logger: this.#parts.logger });
    this.#parts.storage.use(storage);
    const { store, blobs } = storage;
    const { nodes, ownStore, nodeKey } = await this.#join(store, ownKey);
    const shared = { isShared: nodes !== undefined, key: nodeKey };
    const signers = await openSigners({ folder, store, ...shared, url: () => this.url });
    const keys: Keys = { operatorToken, nodeKey, signers };
    this.#nodes = nodes;
    const log = this.#createLog(store, keys);
    this.#log = log;
    const copied = { log: log.open, logger: this.#parts.logger };
    const schemas = createSchemaParts(this.#options.config.schemaRegistry, store, copied);
    this.#schemas = schemas;
    const breakers = this.#createBreakers(store);
    const runtime = this.#createRuntime(ownStore, keys);
    const tasks = this.#createTasks(store, blobs, keys, nodes?.seat);
    const webhooks = createDeployWebhooks({
      ...{ runtime, store: ownStore, logger: this.#parts.logger },
      ...{ sealer: createSealer(keys.nodeKey), push: this.#pushOptions(keys) },
    });
    const followed = this.#packages.follow(runtime, this.#parts.logger);
    const ways = [this.#packages.component, this.#push.component, this.#identity.component, breakers];
    const bridge = await this.#createBridge();
    const { identity } = this.#options.config;
    const { logger } = this.#parts;
    registry.announce(createOwnAgent({ registry, tasks, store, identity, bridge: bridge.bridge, logger }));
    const remote = this.#createRemoteAgents(store, keys);
    const market = this.#createMarket(store, tasks, keys);
    const certificates = this.#parts.tls === undefined ? [] : [this.#parts.tls.component];
    const running = [
      ...(nodes?.below ?? []),
      ...ways,
      ...certificates,
      runtime.component,
      ...remote.components,
      webhooks,
      ...bridge.agents,
      ...log.components,
      tasks,
      market.component,
      ...bridge.serving(tasks),
      ...(nodes?.above(tasks.duties) ?? []),
      ...(followed ? [followed.component] : []),
    ];
    await startAll(running);
    this.#components = [...running, gateway];
    releaseStartupMemory();
    const taskRecords = createTaskRecords({ store, blobs, parties: log.parties });
    const optional = { bridge: bridge.bridge, packageRegistry: followed?.registry, remoteAgents: remote.book };
    this.#admit({ runtime, store, tasks, webhooks, keys, nodes, schemas, log, taskRecords, market, ...optional });
    const { innerUrl } = gateway;
    await folder.writeNodeFile({ pid: process.pid, url: this.url, innerUrl, version: productVersion });
    this.#phase = 'ready';
  }

  async stop(signal: AbortSignal): Promise<readonly ParleyError[]> {
    this.#phase = 'stopping';
    const { storage, logger } = this.#parts;
    const hurry = hurryWithoutStore({ signal, storage, logger });
    if (this.#nodes) await this.#parts.gateway.leave(hurry.signal);
    const failures = [...(await stopAll(this.#components, hurry.signal))];
    hurry.end();
    await this.#parts.upstream.close();
    this.#parts.grpcUpstream.close();
    await this.#schemas?.close();
    await this.#log?.close().catch((thrown: unknown) => failures.push(ParleyError.from(thrown)));
    await storage.close().catch((thrown: unknown) => failures.push(ParleyError.from(thrown)));
    await this.#parts.folder.release();
    return failures;
  }

  #join(store: Store, nodeKey: string): Promise<Joined> {
    const { registry, logger, folder } = this.#parts;
    const about = { url: () => this.url, version: productVersion, startedAtMs: this.#startedAtMs };
    return joinFabric({
      ...{ config: this.#options.config, store, nodeKey, registry, chains: this.#chains, logger, about },
      idFile: folder.nodeId,
      except: [fabricAgentId, marketAgentId],
    });
  }

  #createLog(store: Store, { nodeKey: key }: Keys): LogParts {
    const { folder, logger, telemetry } = this.#parts;
    return createLogParts({ config: this.#options.config, folder, store, key, logger, telemetry });
  }

  #createMarket(store: Store, tasks: RunningTaskService, { nodeKey: key }: Keys): MarketParts {
    const { registry, logger, telemetry } = this.#parts;
    const { config } = this.#options;
    const log = this.#log;
    const schemas = this.#schemas;
    if (!log || !schemas) throw new ParleyError('UNAVAILABLE', 'The node is starting.');
    const breakers = this.#requireBreakers();
    return createMarketParts({ config, store, log, schemas, registry, breakers, tasks, key, logger, telemetry });
  }

  #createRemoteAgents(store: Store, { nodeKey }: Keys): RemoteAgentParts {
    const { config, environment } = this.#options;
    const { registry, logger } = this.#parts;
    const sealer = createSealer(nodeKey);
    return createRemoteAgentParts({ config: config.registry, registry, store, sealer, environment, logger });
  }

  #createRuntime(store: Store, keys: Keys): RuntimeHandle {
    const { config, environment } = this.#options;
    const { workers } = config;
    const { registry, logger, telemetry, folder, gateway } = this.#parts;
    const schemas = this.#schemas;
    return createRuntime({
      store,
      registry,
      packagesFolder: folder.packages,
      ...this.#packages.options,
      ...(schemas && { findSchema: (name) => schemas.find(name) }),
      workerCredentials: createWorkerCredentials(keys.nodeKey),
      sealer: createSealer(keys.nodeKey),
      fabricUrl: () => gateway.innerUrl,
      fabricGrpc: () => gateway.grpcAddress,
      interpreters: { node: workers.node ?? process.execPath, python: workers.python },
      passEnv: workers.passEnv,
      ports: { ...workers.ports, host: config.host, reserved: [config.port, config.grpc.port] },
      resources: workers.limits,
      python: config.python,
      containment: { dataFolder: folder.path, uids: workers.uids },
      nodeEnvironment: environment,
      clock: systemClock,
      logger,
      telemetry,
      workers: {
        readyTimeoutMs: workers.readyTimeoutMs,
        drainGraceMs: workers.drainGraceMs,
        replaceGraceMs: workers.replaceGraceMs,
        cancelGraceMs: workers.cancelGraceMs,
      },
      environments: {
        installTimeoutMs: workers.installTimeoutMs,
        installMemoryBytes: workers.installMemoryBytes,
        keepMs: workers.keepEnvironmentsMs,
      },
    });
  }

  #createBreakers(store: Store): Breakers {
    const { registry, logger, telemetry } = this.#parts;
    const {
      resilience: config,
      store: { url },
    } = this.#options.config;
    this.#breakers = createBreakers({ config, store, registry, logger, telemetry, shared: url !== undefined });
    return this.#breakers;
  }

  get #resilience(): CallResilience {
    return { config: this.#options.config.resilience, breakers: this.#requireBreakers() };
  }

  #requireBreakers(): Breakers {
    if (!this.#breakers) throw new ParleyError('UNAVAILABLE', 'The node is starting.');
    return this.#breakers;
  }

  #createBridge(): Promise<BridgeParts> {
    const { registry, logger, telemetry, folder } = this.#parts;
    const { bridge: config, store } = this.#options.config;
    return createBridgeParts({ config, storeUrl: store.url, dataFolder: folder.path, registry, logger, telemetry });
  }

  #pushOptions(keys: Keys): ReturnType<PushParts['options']> {
    return this.#push.options({ sealer: createSealer(keys.nodeKey), signer: keys.signers.webhookSigner });
  }

  #createTasks(store: Store, blobs: BlobStore, keys: Keys, seat: NodeSeat | undefined): RunningTaskService {
    const { registry, logger, telemetry } = this.#parts;
    const push = this.#pushOptions(keys);
    const { keepFinishedMs, keepFinished: _kept, ...settings } = this.#options.config.tasks;
    const { deadLetters } = this.#options.config.resilience;
    return createTaskService({
      store,
      blobs,
      registry,
      seat,
      callTokens: createCallTokens(keys.nodeKey),
      chains: this.#chains,
      settings: { ...defaultTaskSettings, ...settings, retention: { finishedTaskMs: keepFinishedMs, deadLetters } },
      resilience: this.#resilience,
      push,
      clock: systemClock,
      logger,
      telemetry,
    });
  }

  #admit(admitted: Admitted): void {
    const { runtime: handle, store, tasks, webhooks, keys, nodes, bridge, packageRegistry, remoteAgents } = admitted;
    const { schemas, log, taskRecords, market } = admitted;
    const { runtime, changes, packages } = handle;
    const { registry, gateway } = this.#parts;
    const { config, onShutdown } = this.#options;
    const operatorTokens = [keys.operatorToken, config.operatorSecret ?? ''];
    const opened = this.#identity.open({ store, nodeKey: keys.nodeKey, operatorTokens, chains: this.#chains });
    const { authenticator, admission, callerTokens, apiKeys } = opened;
    this.#control = createControl({
      runtime,
      changes,
      packages,
      bridge,
      remoteAgents,
      packageRegistry,
      objectSigner: this.#packages.objectSigner,
      webhooks,
      tasks,
      registry,
      apiKeys,
      deadLetters: createDeadLetterService({ store, calls: tasks.callLetters, records: log.groups.letters }),
      breakers: this.#requireBreakers(),
      openSchemas: schemas.open,
      openLog: log.open,
      openMarket: market.open,
      taskRecords,
      calls: { ...this.#callOptions(keys), admission },
      status: () => this.#status(),
      ...(nodes && { nodes: () => nodes.nodes() }),
      shutdown: onShutdown,
    });
    const { calls } = this.#control;
    const controlRoutes = createControlRoutes(this.#control);
    const services = {
      ...{ authenticator, admission, callerTokens },
      passedCalls: createPassedCalls(this.#chains, createCallTokens(keys.nodeKey)),
      cardSigner: keys.signers.cardSigner,
      publicKeys: () => keys.signers.publicKeys(),
      tasks: guardTasks(tasks, admission),
      registry,
      controlRoutes,
      control: this.#control,
      marketRoles: config.market.roles,
      calls,
      schemaRegistry: schemas.rest,
      fabricAgentId,
    };
    const { cardSecurity: security } = this.#identity;
    gateway.admit({ ...services, createCard: (options) => createAgentCard({ ...options, security }) });
  }

  #callOptions(keys: Keys): ControlOptions['calls'] {
    const { idleMs, maxQueued: maxWaiting } = this.#options.config.tasks;
    const { telemetry } = this.#parts;
    const callTokens = createCallTokens(keys.nodeKey);
    const calls = { callTokens, chains: this.#chains, resilience: this.#resilience };
    return { ...calls, clock: systemClock, telemetry, idleMs, maxWaiting };
  }

  #status(): NodeStatus {
    return {
      version: productVersion,
      nodeVersion: process.version,
      pid: process.pid,
      url: this.url,
      ...(this.#parts.gateway.grpcAddress !== undefined && { grpcAddress: this.#parts.gateway.grpcAddress }),
      dataFolder: this.#parts.folder.path,
      phase: this.#phase,
      startedAtMs: this.#startedAtMs,
      missingPorts: this.#parts.gateway.missingPorts,
    };
  }
}

function openRegistry({ registry: { zone, selection }, node }: NodeConfig): Registry {
  return createRegistry({ selection: { ...selection, zone: zone ?? (node.zone === '' ? undefined : node.zone) } });
}

function gatewayOptions(
  config: NodeConfig,
  {
    logger,
    telemetry,
    upstream,
    grpcUpstream,
    tls,
    storage,
  }: Pick<Parts, 'logger' | 'telemetry' | 'upstream' | 'grpcUpstream' | 'tls' | 'storage'>,
): Parameters<typeof createGateway>[0] {
  const { bodyBytes, streams, perCaller } = config.limits;
  const bodiesBytes = Math.max(bodyBytes, config.limits.bodiesBytes);
  const streamsPerCaller = perCaller.streams;
  return {
    host: config.host,
    port: config.port,
    grpcPort: config.grpc.enabled ? config.grpc.port : undefined,
    tls: tls?.options,
    requiresIdentity: config.identity.modes.length > 0,
    hostNames: config.hostNames,
    allowedOrigins: config.allowedOrigins,
    limits: { bodyBytes, bodiesBytes, streams, streamsPerCaller, surfaceBodyBytes: config.surfaces.bodyBytes },
    upstream,
    grpcUpstream,
    ...(config.publicUrl !== undefined && { publicUrl: config.publicUrl }),
    strictCards: config.a2a.strictCards,
    version: productVersion,
    store: () => storage.status(),
    metrics: () => telemetry.render(),
    logger,
    telemetry,
  };
}
