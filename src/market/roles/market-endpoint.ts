import type { SkillRecord } from '../../agents/index.ts';
import type { Endpoint } from '../../registry/index.ts';
import { marketAgentId } from '../collections.ts';
import type { Market } from '../port.ts';
import { createMarketExecutor } from './market-executor.ts';

const tenderSkill: SkillRecord = {
  id: 'tender',
  name: 'Tender',
  description:
    'Puts work out to tender and answers with what the agent that was awarded makes of it. The text says what is to be done; a data part may have proposed_cost, budget, priority, required_capabilities, deadline, offers_ms, max_rounds, policy, requester and input.',
  tags: ['market', 'fabric'],
  examples: ['Test data processing task', '{"description": "Translate the manual", "budget": 200}'],
  inputModes: ['text/plain', 'application/json'],
  outputModes: ['application/json', 'text/plain'],
  // The same invocation is the same negotiation.
  idempotent: true,
  private: false,
  // A negotiation may be silent for as long as its work takes; it has a deadline of its own.
  timeouts: { idleMs: 24 * 3_600_000 },
};

export interface MarketEndpointOptions {
  readonly market: () => Promise<Market>;
  readonly version: string;
  /** Negotiations that may be open at once. */
  readonly capacity: number;
}

/** The market as an agent that any A2A client can call. */
export function createMarketEndpoint({ market, version, capacity }: MarketEndpointOptions): Endpoint {
  return {
    ...{ id: marketAgentId, agentId: marketAgentId, capacity, status: 'healthy' },
    executor: createMarketExecutor(market),
    record: {
      ...{ id: marketAgentId, name: 'Market', version, packageId: '', skills: [tenderSkill], private: false },
      description: 'Puts work out to tender among the agents of the fabric.',
      ...{ defaultSkill: tenderSkill.id, inputModes: ['text/plain', 'application/json'] },
      outputModes: ['application/json', 'text/plain'],
    },
  };
}
