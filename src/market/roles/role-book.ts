import type { AgentRecord, MarketRoles } from '../../agents/index.ts';
import type { Clock } from '../../base/index.ts';
import type { AgentListing, Registry } from '../../registry/index.ts';
import type { Breakers } from '../../resilience/index.ts';

/** An agent with a role. */
export interface MarketAgent {
  readonly agentId: string;
  readonly roles: MarketRoles;
  /** What it can do, by its role or by its own word. */
  readonly capabilities: readonly string[];
  /** It takes calls now, and no breaker is open. */
  readonly isReady: boolean;
  /** This node runs it; another one may, too. */
  readonly isHere: boolean;
}

export interface RoleBookOptions {
  readonly registry: Pick<Registry, 'list' | 'endpoints' | 'watch'>;
  readonly breakers: Pick<Breakers, 'refusal'>;
  /** Roles of agents that are no packages, and in place of what packages say. By agent id. */
  readonly roles: Readonly<Record<string, MarketRoles>>;
  /** The agent that asks for who names no requester. */
  readonly ownAgentId: string;
  /** An agent that takes no calls for so long is gone: it may only be starting again. */
  readonly goneMs: number;
  readonly clock: Clock;
}

/** Many endpoints are announced at once when a node comes. */
const gatherMs = 20;

/** Which agents have a role, and whether they can fulfil it now. */
export class RoleBook {
  readonly #options: RoleBookOptions;
  #known: readonly KnownAgent[] | undefined;
  /** When agents were seen ready last. */
  readonly #readyAtMs = new Map<string, number>();
  readonly #startedAtMs: number;
  #unwatch = (): void => {};
  #cancelLook = (): void => {};
  #cancelCompare: (() => void) | undefined;
  #described = '';

  constructor(options: RoleBookOptions) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
  }

  /** Calls `changed` when agents came, went or changed, and once more when those that went are gone for good. */
  start(changed: () => void): void {
    const { registry, clock } = this.#options;
    this.#unwatch = registry.watch((_agentId, change) => {
      if (change !== 'endpoints') return;
      this.#noteReady();
      this.#known = undefined;
      this.#cancelCompare ??= clock.schedule(gatherMs, () => this.#compare(changed));
    });
  }

  /** Those that were there until now are not gone for long, however long ago somebody asked. */
  #noteReady(): void {
    const nowMs = this.#options.clock.now();
    for (const { agentId, isHealthy } of this.#known ?? []) if (isHealthy) this.#readyAtMs.set(agentId, nowMs);
  }

  /** Endpoints are announced again and again; only what that changes is told. */
  #compare(changed: () => void): void {
    this.#cancelCompare = undefined;
    this.#known ??= this.#read();
    const described = JSON.stringify(this.#known);
    if (described === this.#described) return;
    this.#described = described;
    changed();
    const { clock, goneMs } = this.#options;
    this.#cancelLook();
    this.#cancelLook = clock.schedule(goneMs + 1, changed);
  }

  stop(): void {
    this.#unwatch();
    this.#cancelLook();
    this.#cancelCompare?.();
  }

  /** This node has known the agent as one of its fabric. */
  hasKnown(agentId: string): boolean {
    return this.#readyAtMs.has(agentId);
  }

  /** It takes calls, or has taken some a moment ago; of a node that has just started nobody is gone. */
  isThere(agentId: string): boolean {
    if (this.find(agentId)?.isReady === true) return true;
    const { clock, goneMs } = this.#options;
    const sinceMs = this.#readyAtMs.get(agentId) ?? this.#startedAtMs + 2 * goneMs;
    return clock.now() < sinceMs + goneMs;
  }

  /** All that have a role, the market's own requester among them. */
  agents(): readonly MarketAgent[] {
    const { breakers, clock } = this.#options;
    this.#known ??= this.#read();
    const nowMs = clock.now();
    return this.#known.map(({ isHealthy, ...agent }) => {
      const isReady = isHealthy && breakers.refusal(agent.agentId) === undefined;
      if (isReady) this.#readyAtMs.set(agent.agentId, nowMs);
      return { ...agent, isReady };
    });
  }

  find(agentId: string): MarketAgent | undefined {
    return this.agents().find((agent) => agent.agentId === agentId);
  }

  #read(): readonly KnownAgent[] {
    const { registry, ownAgentId } = this.#options;
    const here = new Set(registry.endpoints().flatMap(({ agentId, node }) => (node === undefined ? [agentId] : [])));
    const found = registry.list().flatMap((listing) => {
      const roles = this.#rolesOf(listing.record);
      return roles === undefined ? [] : [describe(listing, roles, here)];
    });
    const own = {
      ...{ agentId: ownAgentId, roles: this.#options.roles[ownAgentId] ?? { requester: {} } },
      ...{ capabilities: [], isHealthy: true, isHere: true },
    };
    return [own, ...found.filter(({ agentId }) => agentId !== ownAgentId)];
  }

  #rolesOf({ id, market }: AgentRecord): MarketRoles | undefined {
    return this.#options.roles[id] ?? market;
  }
}

interface KnownAgent extends Omit<MarketAgent, 'isReady'> {
  readonly isHealthy: boolean;
}

function describe({ record, status }: AgentListing, roles: MarketRoles, here: ReadonlySet<string>): KnownAgent {
  const agentId = record.id;
  return {
    ...{ agentId, roles, isHealthy: status === 'healthy', isHere: here.has(agentId) },
    capabilities: roles.provider?.capabilities ?? record.capabilities ?? record.skills.map(({ id }) => id),
  };
}
