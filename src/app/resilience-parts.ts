import type { AgentRecord } from '../agents/index.ts';
import { hasCode, type Logger, systemClock, type Telemetry } from '../base/index.ts';
import type { Registry } from '../registry/index.ts';
import { Breakers, breakerRuleOf, type ResilienceConfig } from '../resilience/index.ts';
import type { Store } from '../store/index.ts';

export interface ResiliencePartsOptions {
  readonly config: ResilienceConfig;
  readonly store: Store;
  readonly registry: Registry;
  /** Other nodes use the store, too. */
  readonly shared: boolean;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** An opening is known on every other node within this time. */
const pollMs = 1_000;

/** The node's breakers, with the rules of its settings and of its agents' manifests. */
export function createBreakers(options: ResiliencePartsOptions): Breakers {
  const { config, store, registry, shared, logger, telemetry } = options;
  return new Breakers({
    store,
    ruleOf: (agentId) => breakerRuleOf(config, agentId, findRecord(registry, agentId)),
    pollMs: shared ? pollMs : undefined,
    clock: systemClock,
    logger,
    telemetry,
  });
}

function findRecord(registry: Registry, agentId: string): AgentRecord | undefined {
  try {
    return registry.resolve(agentId).listing.record;
  } catch (thrown) {
    if (hasCode(thrown, 'AGENT_NOT_FOUND')) return undefined;
    throw thrown;
  }
}
