import type { JsonObject } from '../../base/index.ts';
import type { MarketAgentView } from '../../control/index.ts';
import type { Endpoint } from '../../registry/index.ts';

/** The roles that settings give agents, by agent id: they go before what packages say. */
export type GivenRoles = Readonly<Record<string, object>>;

/** The roles that an agent takes in the market, as one word for each; empty: none. */
export function rolesOfAgent({ agentId, record }: Endpoint, given: GivenRoles = {}): readonly string[] {
  const roles = Object.hasOwn(given, agentId) ? given[agentId] : record.market;
  return roles === undefined ? [] : Object.keys(roles);
}

/** What `/health` says of an agent with a role beside what it says of any. */
export function formatRoles(roles: readonly string[]): JsonObject {
  return roles.length === 0 ? {} : { agent_type: roles.join(','), communication: 'kafka-only' };
}

/** `/status` of an agent with a role, with the fields of the original fleet and, for an executor, `failed_tasks` and `paused`. */
export function formatMarketStatus(view: MarketAgentView): JsonObject {
  const { requester, provider, executor } = view;
  return {
    ...{ agent_id: view.agentId, is_running: view.isRunning, active_tasks: view.activeTasks.length },
    ...{ kafka_broker: view.log, schema_registry: view.schemaRegistry ?? 'embedded', agent_type: view.roles.join(',') },
    ...(requester && { pending_requests: requester.pendingRequests.length }),
    ...(provider && {
      capabilities: [...provider.capabilities],
      max_cost: provider.maxCost ?? null,
      active_negotiations: provider.activeNegotiations.length,
    }),
    ...(executor && {
      queued_tasks: executor.queued.length + executor.running.length,
      completed_tasks: executor.completedTasks,
      ...{ failed_tasks: executor.failedTasks, paused: executor.isPaused },
    }),
    note: 'Business goes over the log alone; this port is for monitoring.',
  };
}

/** The figures of `/status` in Prometheus' text format. */
export function formatMarketMetrics(view: MarketAgentView): string {
  const agent = JSON.stringify(view.agentId);
  return figuresOf(view)
    .map(
      ([name, type, value]) => `# TYPE parley_market_${name} ${type}\nparley_market_${name}{agent=${agent}} ${value}\n`,
    )
    .join('');
}

type Figure = readonly [name: string, type: 'gauge' | 'counter', value: number];

function figuresOf({ isRunning, activeTasks, requester, provider, executor }: MarketAgentView): readonly Figure[] {
  return [
    ['agent_running', 'gauge', Number(isRunning)],
    ['active_tasks', 'gauge', activeTasks.length],
    ...(requester ? [['pending_requests', 'gauge', requester.pendingRequests.length] as const] : []),
    ...(provider ? [['active_negotiations', 'gauge', provider.activeNegotiations.length] as const] : []),
    ...(executor ? executorFigures(executor) : []),
  ];
}

function executorFigures(executor: NonNullable<MarketAgentView['executor']>): readonly Figure[] {
  return [
    ['queued_tasks', 'gauge', executor.queued.length],
    ['running_tasks', 'gauge', executor.running.length],
    ['executor_paused', 'gauge', Number(executor.isPaused)],
    ['completed_tasks_total', 'counter', executor.completedTasks],
    ['failed_tasks_total', 'counter', executor.failedTasks],
  ];
}
