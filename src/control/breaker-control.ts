import type { Clock } from '../base/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Breakers, BreakerView } from '../resilience/index.ts';

/** Circuit breakers for operators. */
export interface BreakerControl {
  /** Those that are not closed, or count failures. */
  list(): readonly BreakerView[];
  /** No calls for so long; `forMs` undefined: until it is closed. AGENT_NOT_FOUND. */
  open(agentId: string, forMs: number | undefined, reason: string): Promise<BreakerView>;
  /** Calls pass again. The agent need not be there any more. */
  close(agentId: string): Promise<BreakerView>;
}

export interface BreakerControlOptions {
  readonly breakers: Pick<Breakers, 'list' | 'open' | 'close'>;
  readonly registry: Pick<Registry, 'resolve'>;
  readonly clock: Clock;
}

/** Use cases over the node's breakers; all nodes of a fabric follow. */
export function createBreakerControl({ breakers, registry, clock }: BreakerControlOptions): BreakerControl {
  return {
    list: () => breakers.list(),
    open: (id, forMs, reason) => {
      const { agentId } = registry.resolve(id);
      return breakers.open(agentId, forMs === undefined ? undefined : clock.now() + forMs, reason);
    },
    close: (agentId) => breakers.close(agentId),
  };
}
