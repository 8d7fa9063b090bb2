import { type Clock, systemClock } from '../../base/index.ts';
import type { AgentQuery } from '../../registry/index.ts';
import type { DeploymentView, DeployRequest, LogLine } from '../../runtime/index.ts';
import type { FailedWebhook } from '../../tasks/index.ts';
import type { AgentChange } from '../agent-changes.ts';
import type { TaskQuery } from '../task-control.ts';
import type { AgentView, FabricNodeView, NodeOverview, TaskSummary, TaskSummaryPage, VersionView } from '../views.ts';
import { type AgentClient, createAgentClient } from './agent-client.ts';
import { type BreakerClient, createBreakerClient } from './breaker-client.ts';
import { type BridgeClient, createBridgeClient } from './bridge-client.ts';
import { type ChangeClient, createChangeClient } from './change-client.ts';
import { createDeadLetterClient, type DeadLetterClient } from './dead-letter-client.ts';
import { createKeyClient, type KeyClient } from './key-client.ts';
import { createLogClient, type LogClient } from './log-client.ts';
import { createMarketClient, type MarketClient } from './market-client.ts';
import { createNodeConnection, type NodeAddress, type NodeConnection } from './node-connection.ts';
import { createPackageClient, type PackageClient } from './package-client.ts';
import { createRemoteAgentClient, type RemoteAgentClient } from './remote-agent-client.ts';
import { createReplayClient, type ReplayClient } from './replay-client.ts';
import { createSchemaClient, type SchemaClient } from './schema-client.ts';

/** A node's operator API and its agents, from another process. Errors are those of the node, and UNREACHABLE. */
export interface ControlClient {
  readonly node: {
    version(): Promise<VersionView>;
    status(): Promise<NodeOverview>;
    /** The nodes of the fabric. */
    list(): Promise<readonly FabricNodeView[]>;
    shutdown(): Promise<void>;
  };
  readonly agents: {
    /** With a query those that match all of it. */
    list(query?: AgentQuery): Promise<readonly AgentView[]>;
    describe(id: string): Promise<AgentView>;
    /** Those that match, then each change. */
    watch(query: AgentQuery, signal: AbortSignal): AsyncIterable<AgentChange>;
  };
  readonly remoteAgents: RemoteAgentClient;
  readonly deployments: DeploymentClient;
  readonly changes: ChangeClient;
  readonly packages: PackageClient;
  readonly keys: KeyClient;
  readonly bridge: BridgeClient;
  readonly tasks: {
    list(query: TaskQuery): Promise<TaskSummaryPage>;
    get(id: string): Promise<TaskSummary>;
    cancel(id: string): Promise<TaskSummary>;
  };
  readonly webhooks: {
    /** Those that were given up, newest first. */
    listFailed(): Promise<readonly FailedWebhook[]>;
    redrive(taskId: string, id: string): Promise<void>;
  };
  readonly deadLetters: DeadLetterClient;
  readonly breakers: BreakerClient;
  readonly schemas: SchemaClient;
  readonly log: LogClient;
  readonly replay: ReplayClient;
  readonly market: MarketClient;
  /** By agent or deployment id. */
  agent(id: string): AgentClient;
  close(): Promise<void>;
}

export interface DeploymentClient {
  deploy(request: DeployRequest): Promise<DeploymentView>;
  list(): Promise<readonly DeploymentView[]>;
  get(id: string): Promise<DeploymentView>;
  stop(id: string): Promise<DeploymentView>;
  restart(id: string): Promise<DeploymentView>;
  /** As it is, then after each change. */
  watch(id: string, signal: AbortSignal): AsyncIterable<DeploymentView>;
  /** The newest `limit` lines behind sequence `after`, oldest first. */
  logs(id: string, after: number, limit: number): Promise<readonly LogLine[]>;
  followLogs(id: string, after: number, signal: AbortSignal): AsyncIterable<LogLine>;
}

export interface ControlClientOptions extends NodeAddress {
  readonly clock?: Clock;
}

const root = '/api/v1';

/** A client of the node at `url`. Who creates it closes it. */
export function createControlClient(options: ControlClientOptions): ControlClient {
  const connection = createNodeConnection(options);
  const clock = options.clock ?? systemClock;
  const get = <T>(path: string): Promise<T> => connection.json({ method: 'GET', path: root + path }) as Promise<T>;
  const post = <T>(path: string, body: unknown = {}): Promise<T> => {
    return connection.json({ method: 'POST', path: root + path, body, headTimeoutMs: 0 }) as Promise<T>;
  };
  return {
    node: {
      version: () => get('/version'),
      status: () => get('/status'),
      list: async () => (await get<{ nodes: FabricNodeView[] }>('/nodes')).nodes,
      shutdown: async () => void (await post('/shutdown')),
    },
    agents: {
      list: async (query = {}) => (await get<{ agents: AgentView[] }>(`/agents?${formatQuery({ ...query })}`)).agents,
      describe: (id) => get(`/agents/${encodeURIComponent(id)}`),
      watch: (query, signal) => readItems(connection, `/watch/agents?${formatQuery({ ...query })}`, signal),
    },
    remoteAgents: createRemoteAgentClient(connection),
    deployments: createDeploymentClient(connection, { get, post }),
    changes: createChangeClient({ get, post }),
    packages: createPackageClient(connection),
    keys: createKeyClient(connection),
    bridge: createBridgeClient(connection),
    tasks: {
      list: (query) => get(`/tasks?${formatQuery({ ...query })}`),
      get: (id) => get(`/tasks/${encodeURIComponent(id)}`),
      cancel: (id) => post(`/tasks/${encodeURIComponent(id)}/cancel`),
    },
    webhooks: {
      listFailed: async () => (await get<{ webhooks: FailedWebhook[] }>('/webhooks/failed')).webhooks,
      redrive: async (taskId, id) => void (await post('/webhooks/redrive', { taskId, id })),
    },
    deadLetters: createDeadLetterClient(connection),
    breakers: createBreakerClient(connection),
    schemas: createSchemaClient(connection),
    log: createLogClient(connection),
    replay: createReplayClient(connection),
    market: createMarketClient(connection, clock),
    agent: (agentId) => createAgentClient({ connection, agentId, clock }),
    close: () => connection.close(),
  };
}

interface Verbs {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<T>;
}

function createDeploymentClient(connection: NodeConnection, { get, post }: Verbs): DeploymentClient {
  const at = (id: string): string => `/deployments/${encodeURIComponent(id)}`;
  return {
    deploy: (request) => post('/deployments', request),
    list: async () => (await get<{ deployments: DeploymentView[] }>('/deployments')).deployments,
    get: (id) => get(at(id)),
    stop: (id) => post(`${at(id)}/stop`),
    restart: (id) => post(`${at(id)}/restart`),
    watch: (id, signal) => readItems(connection, `${at(id)}/watch`, signal),
    logs: async (id, after, limit) =>
      (await get<{ lines: LogLine[] }>(`${at(id)}/logs?after=${after}&limit=${limit}`)).lines,
    followLogs: (id, after, signal) => readItems(connection, `${at(id)}/logs/stream?after=${after}`, signal),
  };
}

async function* readItems<T>(
  connection: NodeConnection,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const events = await connection.events({ method: 'GET', path: root + path, signal, headTimeoutMs: 0 });
  for await (const { data } of events) yield JSON.parse(data) as T;
}

function formatQuery(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.toString();
}
