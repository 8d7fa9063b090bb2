import type { AgentRecord } from '../../agents/index.ts';
import { ParleyError, silentTelemetry, systemClock } from '../../base/index.ts';
import type { AgentListing, Registry } from '../../registry/index.ts';
import type {
  DeploymentChanges,
  DeploymentView,
  DeployRequest,
  HistoryEntry,
  LogLine,
  PackageLibrary,
  Runtime,
} from '../../runtime/index.ts';
import { createApiKeys, createChainsInFlight } from '../../security/index.ts';
import type { TaskService } from '../../tasks/index.ts';
import { createCallResilience } from '../../testing/index.ts';
import { createControl } from '../control.ts';
import type { NodeStatus } from '../views.ts';
import type { DescribedRoute } from './described-route.ts';
import { openMarket } from './market.fixture.ts';
import {
  createBridge,
  createDeadLetters,
  createKeyRecords,
  createTaskRecords,
  farAgent,
  openLog,
  openSchemas,
} from './routes.fixture.ts';
import { describeControlRoutes } from './routes.ts';

/** A deployment that is healthy. */
export const view: DeploymentView = {
  id: 'sums-1',
  agentId: 'sums',
  source: { kind: 'folder', path: '/agents/sums' },
  packageId: 'sums@1.0.0',
  packageDigest: 'abc',
  status: 'starting',
  message: undefined,
  warnings: [],
  details: {},
  replicas: 1,
  weight: 1,
  enabled: true,
  limits: { memoryBytes: undefined, cpus: undefined },
  surfaces: { rest: false, a2a: true, ui: false },
  ports: undefined,
  inFlight: 0,
  lastActivityAtMs: undefined,
  createdAtMs: 1,
  changedAtMs: 2,
  workers: [
    {
      id: 'w1',
      pid: undefined,
      state: 'starting',
      inFlight: 0,
      memoryBytes: undefined,
      startedAtMs: undefined,
      restarts: 0,
      lastExit: undefined,
    },
  ],
};

const entry: HistoryEntry = {
  key: 'sums-1',
  id: 'sums-1',
  packageId: 'sums@1.0.0',
  version: '1.0.0',
  status: 'healthy',
  message: undefined,
  current: true,
  served: true,
  rolledBack: false,
  packageDigest: 'abc',
  replicas: 1,
  weight: 1,
  enabled: true,
  createdAtMs: 1,
  changedAtMs: 2,
};

/** The only line of its log. */
export const line: LogLine = {
  sequence: 7,
  atMs: 1,
  deploymentId: 'sums-1',
  workerId: 'w1',
  stream: 'stdout',
  level: 'info',
  message: 'hello',
};

const record: AgentRecord = {
  id: 'sums',
  name: 'Sums',
  description: 'Adds',
  version: '1.0.0',
  packageId: 'sums@1.0.0',
  skills: [{ id: 'add', name: 'add', description: '', tags: [], idempotent: true, private: false, timeouts: {} }],
  defaultSkill: 'add',
  inputModes: ['application/json'],
  outputModes: ['application/json'],
  private: false,
};
const listing: AgentListing = { record, status: 'healthy', deployments: ['sums-1'], inFlight: 0, queued: 0 };

const status: NodeStatus = {
  version: '0.1.0',
  nodeVersion: 'v24.0.0',
  pid: 1,
  url: 'http://127.0.0.1:8000',
  dataFolder: '/data',
  phase: 'ready',
  startedAtMs: 0,
  missingPorts: [{ deploymentId: 'sums-1', port: 8001, reason: 'EADDRINUSE' }],
};

const failedWebhook = {
  taskId: 't1',
  id: 'w1',
  agentId: 'sums',
  url: 'https://example.com/hook',
  position: 3,
  failedAtMs: 1,
  attempts: 10,
  reason: 'it answered 500',
};

/** What the routes stand on, and what they have done to it. */
export interface World {
  readonly routes: readonly DescribedRoute[];
  readonly deployed: DeployRequest[];
  /** Calls that change what runs, as the runtime gets them. */
  readonly changed: unknown[][];
  /** What was uploaded. */
  readonly uploads: string[];
  /** Tasks whose dead letters were redriven. */
  readonly redriven: string[];
  changeTo(next: DeploymentView): void;
  readonly watchers: Set<(view: DeploymentView) => void>;
  stops: number;
}

/** The routes over one deployment, `sums-1` of the agent `sums`, and one of everything else. */
export function createWorld(): World {
  const deployed: DeployRequest[] = [];
  const changed: unknown[][] = [];
  const note =
    <T>(name: string, answer: T) =>
    async (...values: unknown[]): Promise<T> => {
      changed.push([name, ...values]);
      return answer;
    };
  const changes: DeploymentChanges = {
    scale: note('scale', view),
    setWeights: note('setWeights', [view]),
    setEnabled: note('setEnabled', [view]),
    rollback: note('rollback', { agentId: 'sums', from: entry, to: entry }),
    history: () => [entry],
  };
  const watchers = new Set<(view: DeploymentView) => void>();
  const runtime: Runtime = {
    deploy: async (request) => {
      deployed.push(request);
      return view;
    },
    get: (id) => {
      if (id === 'sums' || id === 'sums-1') return view;
      throw new ParleyError('NOT_FOUND', `no ${id}`);
    },
    list: () => [view],
    stop: async () => ({ ...view, status: 'stopped' }),
    restart: async () => view,
    logs: (_, after, limit) => (after < 7 && limit > 0 ? [line] : []),
    async *followLogs() {
      yield line;
    },
    watch(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
  const registry = {
    list: () => [listing],
    resolve: (id: string) => {
      if (id === 'sums') return { agentId: 'sums', endpointId: undefined, listing };
      throw new ParleyError('AGENT_NOT_FOUND', `no ${id}`);
    },
  } as unknown as Registry;
  const summary = {
    id: 't1',
    contextId: 'c1',
    status: { state: 'working', timestamp: '2026-01-01T00:00:00.000Z' },
    artifacts: [],
    history: [],
  };
  const tasks = {
    get: async (_: unknown, { id }: { id: string }) => {
      if (id === 't1') return summary;
      throw new ParleyError('TASK_NOT_FOUND', `no ${id}`);
    },
    list: async () => ({ tasks: [summary], nextPageToken: '', pageSize: 50, totalSize: 1 }),
    cancel: async () => ({ ...summary, status: { ...summary.status, state: 'canceled' } }),
    push: { listFailed: async () => [failedWebhook], redrive: async () => {} },
  } as unknown as TaskService;
  const world = {
    deployed,
    changed,
    watchers,
    stops: 0,
    redriven: [],
    changeTo(next: DeploymentView): void {
      for (const tell of watchers) tell(next);
    },
  };
  const uploads: string[] = [];
  const packages = {
    list: async () => [{ digest: 'd', packageId: 'a@1', cached: true, installed: false, deployments: ['a-1'] }],
    upload: async (chunks: AsyncIterable<Uint8Array>) => {
      for await (const chunk of chunks) uploads.push(Buffer.from(chunk).toString());
      return { sha256: 'd', size: 1, packageId: 'a@1', name: 'a', version: '1', warnings: [] };
    },
  } as unknown as PackageLibrary;
  const seen = { source: '/r', intervalMs: 1, checkedAtMs: 2, error: undefined, problems: [], packages: [] };
  const packageRegistry = { view: () => seen, refresh: async () => seen };
  const control = createControl({
    packages,
    packageRegistry,
    runtime,
    changes,
    tasks,
    registry,
    apiKeys: createApiKeys({ records: createKeyRecords(), clock: systemClock }),
    deadLetters: createDeadLetters(world),
    breakers: createCallResilience().breakers,
    bridge: createBridge(),
    openSchemas,
    openLog,
    taskRecords: createTaskRecords(),
    openMarket: () => openMarket(),
    calls: {
      callTokens: { sign: () => '' },
      chains: createChainsInFlight(),
      clock: systemClock,
      telemetry: silentTelemetry,
      idleMs: 1_000,
      maxWaiting: 1,
      resilience: createCallResilience(),
    },
    remoteAgents: { list: () => [farAgent], add: async () => farAgent, remove: async () => {} },
    status: () => status,
    shutdown: () => world.stops++,
  });
  return Object.assign(world, { uploads, routes: describeControlRoutes(control) });
}
