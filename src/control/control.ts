import type { Registry } from '../registry/index.ts';
import type {
  DeploymentChanges,
  DeploymentStatus,
  PackageLibrary,
  PackageRegistry,
  Runtime,
} from '../runtime/index.ts';
import type { TaskService } from '../tasks/index.ts';
import { type AgentControl, createAgentControl } from './agent-control.ts';
import { type ChangeControl, createChangeControl } from './change-control.ts';
import { createDeploymentControl, type DeploymentControl } from './deployment-control.ts';
import { createInvokeControl, type InvokeControl, type InvokeOptions } from './invoke/invoke-control.ts';
import { createPackageControl, type PackageControl } from './package-control.ts';
import { createTaskControl, type TaskControl } from './task-control.ts';
import type { NodeOverview, NodeStatus } from './views.ts';
import { createWebhookControl, type WebhookControl } from './webhook-control.ts';

/** What an operator can do, under all faces: REST, the command line, and those to come. Rights are checked above it. */
export interface Control {
  readonly agents: AgentControl;
  readonly calls: InvokeControl;
  readonly deployments: DeploymentControl;
  readonly changes: ChangeControl;
  readonly packages: PackageControl;
  readonly tasks: TaskControl;
  readonly webhooks: WebhookControl;
  readonly node: NodeControl;
}

export interface NodeControl {
  status(): NodeOverview;
  /** Begins an orderly stop, and returns before it ends. */
  shutdown(): void;
}

export interface ControlOptions {
  readonly runtime: Runtime;
  readonly changes: DeploymentChanges;
  readonly packages: PackageLibrary;
  readonly packageRegistry?: PackageRegistry | undefined;
  readonly tasks: TaskService;
  readonly registry: Registry;
  readonly calls: Omit<InvokeOptions, 'registry'>;
  status(): NodeStatus;
  shutdown(): void;
}

/** The use cases over the rooms that do the work. */
export function createControl(options: ControlOptions): Control {
  const { runtime, tasks, registry } = options;
  const status = (): NodeStatus => options.status();
  return {
    agents: createAgentControl(registry, status),
    calls: createInvokeControl({ ...options.calls, registry }),
    deployments: createDeploymentControl(runtime),
    changes: createChangeControl(options.changes),
    packages: createPackageControl(options.packages, options.packageRegistry),
    tasks: createTaskControl({ tasks, registry, runtime }),
    webhooks: createWebhookControl(tasks.push),
    node: {
      status: () => ({ ...status(), agents: countAgents(registry), deployments: countDeployments(runtime) }),
      shutdown: () => options.shutdown(),
    },
  };
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
