import { ParleyError } from '../../base/index.ts';
import type { AgentStatus, Endpoint } from '../../registry/index.ts';
import type { BridgeOptions } from '../options.ts';
import type { SeenAgent } from '../presence/agent-scan.ts';
import { judgeHeartbeat, type Sighting } from '../presence/heartbeat.ts';
import type { Switches } from '../presence/switches.ts';
import { refuseId, toAgentRecord } from '../presence/to-agent-record.ts';
import type { Calls } from './calls.ts';
import { createRedisAgentExecutor } from './redis-agent-executor.ts';
import type { Replies } from './replies.ts';

/** A Redis agent as the fabric sees it now. */
export interface ImportedAgent extends SeenAgent {
  readonly status: AgentStatus;
  readonly reason?: string;
}

export interface RedisAgentsOptions extends BridgeOptions {
  readonly calls: Calls;
  readonly replies: Replies;
  readonly replyAgent: string;
}

interface Known {
  readonly imported: ImportedAgent;
  readonly sighting: Sighting;
  /** What was announced, as text: only what changes is announced again. */
  readonly announced: string | undefined;
}

/** The endpoint of a Redis agent; the prefix keeps it apart from deployments. */
const redisEndpointId = (agentId: string): string => `redis:${agentId}`;

/** Announces Redis agents as agents of the fabric, and withdraws those that are gone. */
export class RedisAgents {
  readonly #options: RedisAgentsOptions;
  #known = new Map<string, Known>();

  constructor(options: RedisAgentsOptions) {
    this.#options = options;
  }

  list(): readonly ImportedAgent[] {
    return Array.from(this.#known.values(), ({ imported }) => imported);
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Takes over what was seen. */
  update(seen: readonly SeenAgent[], switches: Switches): void {
    const known = new Map<string, Known>();
    for (const one of seen) known.set(one.agent.id, this.#judge(one, switches));
    const gone = [...this.#known.keys()].filter((id) => !known.has(id));
    for (const id of gone) this.#options.registry.withdraw(redisEndpointId(id));
    this.#known = known;
  }

  /** Redis is away: calls of its agents would only wait. */
  lose(reason: string): void {
    for (const [id, before] of this.#known) {
      const imported: ImportedAgent = { ...before.imported, status: 'failed', reason };
      this.#known.set(id, { ...before, imported, announced: this.#announce(imported, before.announced) });
    }
  }

  withdrawAll(): void {
    for (const id of this.#known.keys()) this.#options.registry.withdraw(redisEndpointId(id));
    this.#known.clear();
  }

  #judge(seen: SeenAgent, switches: Switches): Known {
    const { clock, settings } = this.#options;
    const { id, lastHeartbeat, status } = seen.agent;
    const before = this.#known.get(id);
    const time = { nowMs: clock.now(), staleAfterMs: settings.staleAfterMs };
    const { sighting, isFresh } = judgeHeartbeat(before?.sighting, lastHeartbeat, time);
    const state = judgeAgent({ id, status, isFresh, lastHeartbeat, isOff: switches.get(id) === false });
    const clash = this.#findClash(id);
    const imported: ImportedAgent = { ...seen, ...(clash === undefined ? state : { status: 'failed', reason: clash }) };
    const announced = clash === undefined ? this.#announce(imported, before?.announced) : this.#hide(id);
    return { imported, sighting, announced };
  }

  /** Another agent of the fabric with the same id goes first. */
  #findClash(id: string): string | undefined {
    const refusal = refuseId(id);
    if (refusal !== undefined) return refusal;
    try {
      const { deployments } = this.#options.registry.resolve(id).listing;
      const others = deployments.filter((endpoint) => endpoint !== redisEndpointId(id));
      return others.length === 0 ? undefined : `the id belongs to ${others.join(', ')} here`;
    } catch {
      return undefined;
    }
  }

  #hide(id: string): undefined {
    this.#options.registry.withdraw(redisEndpointId(id));
    return undefined;
  }

  #announce(imported: ImportedAgent, before: string | undefined): string | undefined {
    const { registry, logger } = this.#options;
    const endpoint = this.#toEndpoint(imported);
    const { executor: _, ...described } = endpoint;
    const announced = JSON.stringify(described);
    if (announced === before) return before;
    try {
      registry.announce(endpoint);
      return announced;
    } catch (thrown) {
      logger.warn('a Redis agent is not announced', { id: imported.agent.id, error: ParleyError.from(thrown).message });
      return undefined;
    }
  }

  #toEndpoint({ agent, status, reason }: ImportedAgent): Endpoint {
    const { settings, calls, replies, replyAgent, clock, logger, telemetry } = this.#options;
    const { taskTimeoutMs, maxInFlight } = settings;
    const parts = { calls, replies, replyAgent, taskTimeoutMs, clock, logger, telemetry };
    return {
      id: redisEndpointId(agent.id),
      agentId: agent.id,
      record: toAgentRecord(agent, taskTimeoutMs),
      executor: createRedisAgentExecutor({ agentId: agent.id, ...parts }),
      capacity: maxInFlight,
      source: 'bridge',
      status,
      ...(reason !== undefined && { reason }),
    };
  }
}

interface AgentSigns {
  readonly id: string;
  readonly status: string;
  readonly isFresh: boolean;
  readonly lastHeartbeat: string;
  readonly isOff: boolean;
}

function judgeAgent({
  id,
  status,
  isFresh,
  lastHeartbeat,
  isOff,
}: AgentSigns): Pick<ImportedAgent, 'status' | 'reason'> {
  if (isOff) return { status: 'disabled', reason: `it is switched off; "parley bridge on ${id}" lets it work again` };
  if (status !== 'active') return { status: 'stopped', reason: `its status in Redis is "${status}"` };
  if (isFresh) return { status: 'healthy' };
  return { status: 'failed', reason: `its last heartbeat was at ${lastHeartbeat || '(none)'}` };
}
