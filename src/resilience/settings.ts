import type { AgentRecord, ResilienceSettings, SkillRecord } from '../agents/index.ts';

/** When work is tried again, where that is safe: 1, 2, 4 s apart by default. */
export interface RetryRule {
  /** Tries after the first; 0: none. */
  readonly maxRetries: number;
  readonly firstDelayMs: number;
  /** Each delay against the one before it. */
  readonly multiplier: number;
  readonly maxDelayMs: number;
  /** Share of a delay by which chance makes it longer or shorter: 0 to 1. */
  readonly jitter: number;
}

/** When an agent gets no calls for a while, because it failed too often. */
export interface BreakerRule {
  /** Failures in a row that open it; 0: it never opens by itself. */
  readonly failures: number;
  readonly openMs: number;
  /** Calls at once that try whether the agent works again. */
  readonly probes: number;
}

/** What an operator sets for one agent; it wins over what its manifest says. */
export interface AgentOverrides extends ResilienceSettings {
  /** By skill id. */
  readonly skills?: Readonly<Record<string, Pick<ResilienceSettings, 'maxRetries' | 'hedgeAfterMs'>>> | undefined;
}

/** How a node's calls of agents stand failures. */
export interface ResilienceConfig {
  readonly retry: RetryRule;
  readonly breaker: BreakerRule;
  /** By agent id. */
  readonly agents: Readonly<Record<string, AgentOverrides>>;
}

export const defaultResilience: ResilienceConfig = {
  retry: { maxRetries: 3, firstDelayMs: 1_000, multiplier: 2, maxDelayMs: 30_000, jitter: 0.2 },
  breaker: { failures: 5, openMs: 300_000, probes: 1 },
  agents: {},
};

/** The retry rule of one skill: the operator's word for it or its agent, else the manifest's, else the node's. */
export function retryRuleOf(config: ResilienceConfig, record: AgentRecord, skill: SkillRecord | undefined): RetryRule {
  const own = config.agents[record.id];
  const maxRetries =
    own?.skills?.[skill?.id ?? '']?.maxRetries ??
    own?.maxRetries ??
    skill?.resilience?.maxRetries ??
    record.resilience?.maxRetries ??
    config.retry.maxRetries;
  return { ...config.retry, maxRetries };
}

/** The breaker's rule of one agent, in the same order. `record`: undefined when the agent is not here. */
export function breakerRuleOf(config: ResilienceConfig, agentId: string, record: AgentRecord | undefined): BreakerRule {
  const own = config.agents[agentId];
  const { breaker } = config;
  return {
    failures: own?.breakerFailures ?? record?.resilience?.breakerFailures ?? breaker.failures,
    openMs: own?.breakerOpenMs ?? record?.resilience?.breakerOpenMs ?? breaker.openMs,
    probes: breaker.probes,
  };
}

/** After how long without a word a second attempt begins beside the first; undefined: never, and never for what may not be done twice. */
export function hedgeAfterOf(
  config: ResilienceConfig,
  record: AgentRecord,
  skill: SkillRecord | undefined,
): number | undefined {
  if (skill?.idempotent !== true) return undefined;
  const own = config.agents[record.id];
  return (
    own?.skills?.[skill.id]?.hedgeAfterMs ??
    own?.hedgeAfterMs ??
    skill.resilience?.hedgeAfterMs ??
    record.resilience?.hedgeAfterMs
  );
}
