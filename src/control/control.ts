import type { RedisBridge } from '../bridge/index.ts';
import type { Registry } from '../registry/index.ts';
import type { DeadLetterService } from '../resilience/index.ts';
import type {
  DeploymentChanges,
  DeploymentStatus,
  PackageLibrary,
  PackageRegistry,
  Runtime,
} from '../runtime/index.ts';
import type { ApiKeys } from '../security/index.ts';
import type { TaskService } from '../tasks/index.ts';
import { type AgentControl, createAgentControl } from './agent-control.ts';
import { type BreakerControl, type BreakerControlOptions, createBreakerControl } from './breaker-control.ts';
import { type BridgeControl, createBridgeControl } from './bridge-control.ts';
import { type ChangeControl, createChangeControl } from './change-control.ts';
import { createDeadLetterControl, type DeadLetterControl } from './dead-letter-control.ts';
import type { DeployWebhooks } from './deploy-webhooks/deploy-webhooks.ts';
import { createDeploymentControl, type DeploymentControl } from './deployment-control.ts';
import { createInvokeControl, type InvokeControl, type InvokeOptions } from './invoke/invoke-control.ts';
import { createKeyControl, type KeyControl } from './key-control.ts';
import { createLogControl, type LogControl, type OpenLog } from './log/log-control.ts';
import { createQuietCalls } from './log/quiet-calls.ts';
import { createReplayControl, type ReplayControl } from './log/replay-control.ts';
import type { TaskRecords } from './log/task-records.ts';
import { createValueReader } from './log/value-reader.ts';
import { createMarketControl, type MarketControl, type OpenMarket } from './market/market-control.ts';
import { createPackageControl, type ObjectSigner, type PackageControl } from './package-control.ts';
import { createRemoteAgentControl, type RemoteAgentControl } from './remote-agent-control.ts';
import { createSchemaControl, type OpenSchemas, type SchemaControl } from './schemas/schema-control.ts';
import { createTaskControl, type TaskControl } from './task-control.ts';
import type { FabricNodeView, NodeOverview, NodeStatus } from './views.ts';
import { createWebhookControl, type WebhookControl } from './webhook-control.ts';

/** What an operator can do, under all faces: REST, the command line, and those to come. Rights are checked above it. */
export interface Control {
  readonly agents: AgentControl;
  readonly calls: InvokeControl;
  readonly remoteAgents: RemoteAgentControl;
  readonly deployments: DeploymentControl;
  readonly changes: ChangeControl;
  readonly packages: PackageControl;
  readonly tasks: TaskControl;
  readonly webhooks: WebhookControl;
  readonly deadLetters: DeadLetterControl;
  readonly breakers: BreakerControl;
  readonly keys: KeyControl;
  readonly bridge: BridgeControl;
  readonly schemas: SchemaControl;
  readonly log: LogControl;
  readonly replay: ReplayControl;
  readonly market: MarketControl;
  readonly node: NodeControl;
}

export interface NodeControl {
  status(): NodeOverview;
  /** The nodes of the fabric, this one among them. */
  list(): readonly FabricNodeView[];
  /** Calls that agents were given since the node has started: tasks and calls without one. */
  calls(): number;
  /** Begins an orderly stop, and returns before it ends. */
  shutdown(): void;
}

export interface ControlOptions {
  readonly runtime: Runtime;
  readonly changes: DeploymentChanges;
  readonly packages: PackageLibrary;
  /** Undefined: the node keeps no agents that run elsewhere. */
  readonly remoteAgents?: RemoteAgentControl | undefined;
  /** Undefined: API keys do not count on this node. */
  readonly apiKeys?: ApiKeys | undefined;
  /** Undefined: the node has no bridge to Redis agents. */
  readonly bridge?: RedisBridge | undefined;
  readonly packageRegistry?: PackageRegistry | undefined;
  /** The way to packages in an object store. */
  readonly objectSigner?: ObjectSigner | undefined;
  /** Of deploy calls; without them a call with a webhook is refused. */
  readonly webhooks?: DeployWebhooks | undefined;
  readonly tasks: TaskService;
  readonly registry: Registry;
  readonly deadLetters: DeadLetterService;
  readonly breakers: BreakerControlOptions['breakers'];
  readonly openSchemas: OpenSchemas;
  readonly openLog: OpenLog;
  readonly taskRecords: TaskRecords;
  /** Undefined: the node has no market. */
  readonly openMarket?: OpenMarket | undefined;
  readonly calls: Omit<InvokeOptions, 'registry'>;
  status(): NodeStatus;
  /** The nodes that share the store; undefined: this one is alone. */
  nodes?(): readonly FabricNodeView[];
  shutdown(): void;
}

/** The use cases over the rooms that do the work. */
export function createControl(options: ControlOptions): Control {
  const { runtime, tasks, registry } = options;
  const { clock } = options.calls;
  const values = createValueReader(options.openSchemas);
  const status = (): NodeStatus => options.status();
  return {
    agents: createAgentControl(registry, status),
    remoteAgents: createRemoteAgentControl(options.remoteAgents),
    calls: createInvokeControl({ ...options.calls, registry }),
    deployments: createDeploymentControl(runtime, options.webhooks),
    changes: createChangeControl(options.changes),
    packages: createPackageControl({
      ...{ library: options.packages, registry: options.packageRegistry, signer: options.objectSigner },
    }),
    tasks: createTaskControl({ tasks, registry, runtime }),
    webhooks: createWebhookControl(tasks.push),
    deadLetters: createDeadLetterControl({ letters: options.deadLetters, values, clock }),
    breakers: createBreakerControl({ breakers: options.breakers, registry, clock }),
    keys: createKeyControl(options.apiKeys),
    bridge: createBridgeControl(options.bridge),
    schemas: createSchemaControl(options.openSchemas),
    log: createLogControl({
      ...{ openLog: options.openLog, values, sealed: options.taskRecords, clock },
    }),
    replay: createReplayControl({
      ...{ openLog: options.openLog, records: options.taskRecords, registry },
      calls: createQuietCalls({ ...options.calls, registry }),
    }),
    market: createMarketControl(options.openMarket),
    node: {
      status: () => ({ ...status(), agents: countAgents(registry), deployments: countDeployments(runtime) }),
      list: () => options.nodes?.() ?? [describeAlone(status())],
      calls: () => registry.placesGiven,
      shutdown: () => options.shutdown(),
    },
  };
}

function describeAlone({ url, version, startedAtMs }: NodeStatus): FabricNodeView {
  return { id: 'local', state: 'up', isSelf: true, address: '', url, zone: '', version, startedAtMs };
}

function countAgents(registry: Registry): NodeOverview['agents'] {
  const listings = registry.list();
  return { total: listings.length, healthy: listings.filter(({ status }) => status === 'healthy').length };
}

function countDeployments(runtime: Runtime): NodeOverview['deployments'] {
  const counts: Partial<Record<DeploymentStatus, number>> = {};
  for (const { status } of runtime.list()) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
