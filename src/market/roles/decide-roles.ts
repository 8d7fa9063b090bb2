import type { ProviderRole, RequesterRole } from '../../agents/index.ts';
import { decideExecutor } from '../decide/decide-executor.ts';
import { decideProvider } from '../decide/decide-provider.ts';
import { decideRequester } from '../decide/decide-requester.ts';
import type { Decision, SendAction } from '../decide/decision.ts';
import type { LogSight } from '../decide/log-sight.ts';
import type { KnownProvider, RequesterContext, RequesterTerms } from '../decide/requester-context.ts';
import { resolveAwardPolicy } from '../policies/award-policy.ts';
import { createOfferRules } from '../policies/offer-rules.ts';
import type { Reputation } from '../policies/reputation.ts';
import { createRequesterRules } from '../policies/requester-rules.ts';
import { currentAward } from '../thread/view-negotiation.ts';
import type { RoleAction, RolesDecision } from './engine.ts';
import type { NegotiationState } from './negotiation-journal.ts';
import type { MarketAgent, RoleBook } from './role-book.ts';

/** What is remembered of a provider. */
export interface ProviderHistory {
  readonly reputation: Reputation;
  readonly lastAwardedAtMs: number | null;
}

export interface DecideRolesOptions {
  readonly book: RoleBook;
  /** Times and limits where neither role nor request says more. */
  readonly times: Pick<
    RequesterTerms,
    'maxRounds' | 'offersWithinMs' | 'confirmWithinMs' | 'startWithinMs' | 'quietMs'
  >;
  /** Of requesters that name none. */
  readonly policy: string;
  /** Providers of other fabrics that have bid lately. */
  readonly otherProviders: () => readonly string[];
  readonly historyOf: (providerId: string) => ProviderHistory;
  /** Whether others can be heard. */
  readonly log: () => LogSight;
  /** The queue of this node's executors is full. */
  readonly isFull: () => boolean;
  /** The fence under which this node has the agent work on the task; null: it does not. */
  readonly workingFence: (taskId: string, agentId: string) => number | null;
}

/** What all agents of this fabric that have a role do next in a negotiation. Pure but for what it is told of the agents. */
export function createDecideRoles(
  options: DecideRolesOptions,
): (state: NegotiationState, nowMs: number) => RolesDecision {
  return (state, nowMs) => {
    const agents = options.book.agents();
    const decisions = [
      ...decideForRequester(state, agents, options, nowMs),
      ...agents.flatMap((agent) => decideForProvider(state, agent, options, nowMs)),
      ...agents.flatMap((agent) => decideForExecutor(state, agent, options, nowMs)),
    ];
    return combine(decisions);
  };
}

/** A year. */
const noLimitMs = 365 * 24 * 3_600_000;

interface AgentDecision {
  readonly agentId: string;
  readonly decision: Decision;
}

function combine(decisions: readonly AgentDecision[]): RolesDecision {
  const sends: SendAction[] = [];
  const actions: RoleAction[] = [];
  const wakes: number[] = [];
  for (const { agentId, decision } of decisions) {
    if (decision.wakeAtMs !== null) wakes.push(decision.wakeAtMs);
    for (const action of decision.actions) {
      if (action.kind === 'send') sends.push(action);
      else actions.push({ agentId, action });
    }
  }
  return { sends, actions, wakeAtMs: wakes.length === 0 ? null : Math.min(...wakes) };
}

function decideForRequester(
  state: NegotiationState,
  agents: readonly MarketAgent[],
  options: DecideRolesOptions,
  nowMs: number,
): readonly AgentDecision[] {
  const { request } = state.negotiation;
  // Only who has made the request here knows its plan.
  if (request === null || state.plan === undefined) return [];
  const agentId = request.requesterId;
  const role = agents.find((agent) => agent.agentId === agentId)?.roles.requester ?? {};
  const context: RequesterContext = {
    ...{ nowMs, requesterId: agentId, terms: termsOf(state, role, options) },
    providers: knownProviders(agents, options),
    isAlive: (other) => isAlive(state, options.book, other),
    log: options.log(),
    withdrawal: state.withdrawal === undefined ? null : { reason: state.withdrawal.reason },
  };
  return [{ agentId, decision: decideRequester(state.thread, context) }];
}

/**
 * What this fabric has begun, its own nodes bring to an end, also when all of them were down for hours: nobody else is awarded it on a
 * guess.
 */
function isWorkedOnHere({ negotiation, claim }: NegotiationState): boolean {
  const award = currentAward(negotiation);
  return award?.state === 'running' && claim?.fence === award.fence;
}

function termsOf(state: NegotiationState, role: RequesterRole, options: DecideRolesOptions): RequesterTerms {
  const { plan } = state;
  return {
    ...options.times,
    ...(isWorkedOnHere(state) && { quietMs: noLimitMs }),
    budget: plan?.budget ?? null,
    rules: createRequesterRules(role),
    policy: resolveAwardPolicy(plan?.policy ?? role.policy ?? options.policy),
  };
}

/** Ours that could answer, and others that have answered lately. */
function knownProviders(agents: readonly MarketAgent[], options: DecideRolesOptions): readonly KnownProvider[] {
  const ours = new Set(agents.map(({ agentId }) => agentId));
  const others = options.otherProviders().filter((providerId) => !ours.has(providerId));
  return [
    ...agents.flatMap((agent) => knownProvider(agent, options)),
    ...others.map((providerId) => ({ providerId, capabilities: [], ...options.historyOf(providerId) })),
  ];
}

function knownProvider(agent: MarketAgent, { historyOf }: DecideRolesOptions): readonly KnownProvider[] {
  if (agent.roles.provider === undefined || !agent.isReady) return [];
  const { agentId, capabilities } = agent;
  return [{ providerId: agentId, capabilities, ...historyOf(agentId) }];
}

/** An agent of this fabric that takes no calls is gone; of others nothing is known. */
function isAlive(state: NegotiationState, book: RoleBook, agentId: string): boolean {
  if (isWorkedOnHere(state)) return true;
  const isOurs = state.ownAgents.has(agentId) || book.find(agentId) !== undefined;
  return !isOurs || book.isThere(agentId);
}

function decideForProvider(
  { thread, negotiation }: NegotiationState,
  { agentId, roles, capabilities, isReady }: MarketAgent,
  { isFull }: DecideRolesOptions,
  nowMs: number,
): readonly AgentDecision[] {
  if (roles.provider === undefined || negotiation.request === null || !isReady) return [];
  const { provider } = roles;
  const context = {
    ...{ nowMs, providerId: agentId, rules: createOfferRules({ ...provider, capabilities }) },
    ...{ executes: executes(provider, roles.executor !== undefined), etaMs: provider.etaMs ?? null },
    isBusy: isFull(),
  };
  return [{ agentId, decision: decideProvider(thread, context) }];
}

function executes({ executes: said }: ProviderRole, isExecutor: boolean): boolean {
  return said ?? isExecutor;
}

function decideForExecutor(
  { taskId, thread, negotiation }: NegotiationState,
  { agentId, roles, isHere, isReady }: MarketAgent,
  { workingFence }: DecideRolesOptions,
  nowMs: number,
): readonly AgentDecision[] {
  const role = roles.executor ?? (roles.provider?.executes === true ? { own: true } : undefined);
  if (role === undefined || !isHere) return [];
  const fence = workingFence(taskId, agentId);
  // What is running already is the business of the lease, not of a further executor.
  if (fence === null && (!isReady || currentAward(negotiation)?.state !== 'confirmed')) return [];
  const context = {
    ...{ nowMs, executorId: agentId, isInPool: role.own !== true },
    workingFence: fence,
  };
  return [{ agentId, decision: decideExecutor(thread, context) }];
}
