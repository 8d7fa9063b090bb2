import { type Clock, silentLogger, silentTelemetry, systemClock } from '../base/index.ts';
import {
  Breakers,
  breakerRuleOf,
  type CallResilience,
  defaultResilience,
  type ResilienceConfig,
} from '../resilience/index.ts';

/** Retries and breakers as they are by default, on a node that shares its store with nobody and keeps nothing. */
export function createCallResilience(
  clock: Clock = systemClock,
  config: ResilienceConfig = defaultResilience,
): CallResilience & { readonly breakers: Breakers } {
  const breakers = new Breakers({
    store: { commit: async () => {}, find: async () => ({ documents: [] }) },
    ruleOf: (agentId) => breakerRuleOf(config, agentId, undefined),
    pollMs: undefined,
    clock,
    logger: silentLogger,
    telemetry: silentTelemetry,
  });
  return { config, breakers };
}
