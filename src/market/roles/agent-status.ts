import type { ExecuteAction } from '../decide/decision.ts';
import type { MarketAgentStatus, MarketRole, Negotiation, QueuedAward } from '../port.ts';
import type { Executions } from './executions.ts';
import type { MarketAgent } from './role-book.ts';

export interface StatusParts {
  /** Negotiations that have not ended. */
  readonly open: readonly Negotiation[];
  readonly executions: Pick<Executions, 'queuedFor' | 'runningOf' | 'countsOf' | 'isFull'>;
  readonly addresses: { readonly log: string; readonly schemaRegistry: string | undefined };
  readonly isRunning: boolean;
  readonly signingKey: string;
}

/** What an agent with a role does now. */
export function describeAgent(agent: MarketAgent, parts: StatusParts): MarketAgentStatus {
  const { agentId, roles } = agent;
  const { log, schemaRegistry } = parts.addresses;
  const pending = parts.open.filter(({ requesterId }) => requesterId === agentId);
  const bidFor = parts.open.filter((negotiation) => hasOffered(negotiation, agentId));
  const running = parts.executions.runningOf(agentId).map(({ action, sinceMs }) => toQueued(action, sinceMs));
  const active = [...pending, ...bidFor, ...running].map(({ taskId }) => taskId);
  return {
    ...{ agentId, roles: rolesOf(agent), isRunning: parts.isRunning, activeTasks: [...new Set(active)], log },
    ...(schemaRegistry !== undefined && { schemaRegistry }),
    signingKey: parts.signingKey,
    ...(roles.requester && { requester: { pendingRequests: pending } }),
    ...(roles.provider && {
      provider: { capabilities: agent.capabilities, maxCost: roles.provider.maxCost, activeNegotiations: bidFor },
    }),
    ...(roles.executor && { executor: describeExecutor(agentId, running, parts) }),
  };
}

function rolesOf({ roles }: MarketAgent): readonly MarketRole[] {
  const all: readonly MarketRole[] = ['requester', 'provider', 'executor'];
  return all.filter((role) => roles[role] !== undefined);
}

function hasOffered({ offers }: Negotiation, agentId: string): boolean {
  return offers.some(({ providerId, state }) => providerId === agentId && state === 'offered');
}

function describeExecutor(
  agentId: string,
  running: readonly QueuedAward[],
  { executions }: StatusParts,
): NonNullable<MarketAgentStatus['executor']> {
  const { completed, failed } = executions.countsOf(agentId);
  return {
    queued: executions.queuedFor(agentId).map((action) => toQueued(action, action.sinceMs)),
    ...{ running, completedTasks: completed, failedTasks: failed, isPaused: executions.isFull },
  };
}

function toQueued({ taskId, fence, priority, description }: ExecuteAction, sinceMs: number): QueuedAward {
  return { taskId, award: fence, priority, description, sinceMs };
}
