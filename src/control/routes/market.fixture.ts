import { ParleyError } from '../../base/index.ts';
import type { Market, MarketAgentStatus, NegotiationThread } from '../../market/index.ts';

/** The one negotiation that is there: a provider has won it and is done. */
const thread: NegotiationThread = {
  ...{ taskId: 'n1', requesterId: 'asker', description: 'Count the words', phase: 'completed' },
  ...{ priority: 2, proposedCost: 75, requiredCapabilities: ['counting'], createdAtMs: 1, updatedAtMs: 5, rounds: 1 },
  offers: [{ providerId: 'counter', state: 'offered', price: 75, executes: true, atMs: 2 }],
  awards: [{ number: 1, providerId: 'counter', executorId: 'counter', price: 75, state: 'completed', atMs: 3 }],
  result: [{ text: '4' }, { raw: Buffer.from('bytes'), filename: 'a.bin' }],
  records: [
    {
      ...{ recordId: 'n1/asker/1', topic: 'task-requests', partition: 0, offset: 0, actorId: 'asker', atMs: 1 },
      ...{ isVerified: true, value: { taskId: 'n1', description: 'Count the words' } },
    },
  ],
};

const agent: MarketAgentStatus = {
  ...{ agentId: 'counter', roles: ['provider', 'executor'], isRunning: true, activeTasks: [], log: 'log.sqlite' },
  provider: { capabilities: ['counting'], maxCost: undefined, activeNegotiations: [] },
  executor: {
    queued: [{ taskId: 'n2', award: 1, priority: 1, description: 'More', sinceMs: 4 }],
    ...{ running: [], completedTasks: 1, failedTasks: 0, isPaused: false },
  },
};

/** A market with one negotiation and one agent, which notes what it is asked for. */
export async function openMarket(asked: unknown[] = []): Promise<Market> {
  const { records: _records, ...negotiation } = thread;
  const require = (taskId: string): void => {
    if (taskId !== 'n1') throw new ParleyError('NOT_FOUND', `There is no negotiation ${taskId}.`);
  };
  return {
    async request(request) {
      asked.push(request);
      return { ...negotiation, phase: 'tendered' };
    },
    list: async () => ({ negotiations: [negotiation], cursor: 'more' }),
    async show(taskId) {
      require(taskId);
      return thread;
    },
    async *follow(taskId) {
      require(taskId);
      yield { ...negotiation, phase: 'running', progress: 0.5 };
      yield negotiation;
    },
    withdraw: async (taskId, reason) => ({ ...negotiation, taskId, phase: 'withdrawn', message: reason ?? '' }),
    statusOf: async () => agent,
    agents: async () => [agent],
  };
}
