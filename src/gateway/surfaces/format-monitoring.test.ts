import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MarketAgentView, NegotiationView } from '../../control/index.ts';
import { formatMarketMetrics, formatMarketStatus } from './format-monitoring.ts';

const negotiation = { taskId: 'n1' } as NegotiationView;
const common = { isRunning: true, activeTasks: ['n1', 'n2'], log: 'kafka://redpanda:9092' };
const award = { taskId: 'n1', award: 1, priority: 1, description: 'Count', sinceMs: 1 };

const requester: MarketAgentView = {
  ...{ ...common, agentId: 'agent-001', roles: ['requester'], schemaRegistry: 'http://redpanda:8081' },
  requester: { pendingRequests: [negotiation] },
};
const provider: MarketAgentView = {
  ...{ ...common, agentId: 'agent-002', roles: ['provider'] },
  provider: { capabilities: ['analysis'], maxCost: 150, activeNegotiations: [negotiation, negotiation] },
};
const executor: MarketAgentView = {
  ...{ ...common, agentId: 'agent-003', roles: ['executor'] },
  executor: { queued: [award], running: [award, award], completedTasks: 7, failedTasks: 1, isPaused: false },
};

test('each role says of itself what the original fleet says, and counts', () => {
  const { note: _note, ...asked } = formatMarketStatus(requester);
  assert.deepEqual(asked, {
    ...{ agent_id: 'agent-001', is_running: true, active_tasks: 2, kafka_broker: 'kafka://redpanda:9092' },
    ...{ schema_registry: 'http://redpanda:8081', agent_type: 'requester', pending_requests: 1 },
  });
  const { capabilities, max_cost, active_negotiations, agent_type, schema_registry } = formatMarketStatus(provider);
  assert.deepEqual(
    [agent_type, capabilities, max_cost, active_negotiations, schema_registry],
    ['provider', ['analysis'], 150, 2, 'embedded'],
  );
  const { queued_tasks, completed_tasks, failed_tasks, paused } = formatMarketStatus(executor);
  assert.deepEqual([queued_tasks, completed_tasks, failed_tasks, paused], [3, 7, 1, false]);
});

test('an agent with several roles has the fields of each', () => {
  const both = formatMarketStatus({ ...provider, ...executor, roles: ['provider', 'executor'] });
  assert.equal(both['agent_type'], 'provider,executor');
  assert.equal(both['active_negotiations'], 2);
  assert.equal(both['completed_tasks'], 7);
});

test('figures are in the text format of Prometheus, each with its type', () => {
  const text = formatMarketMetrics({ ...executor, agentId: 'a"b' });
  assert.match(
    text,
    /^# TYPE parley_market_completed_tasks_total counter\nparley_market_completed_tasks_total\{agent="a\\"b"\} 7$/m,
  );
  assert.match(text, /^parley_market_running_tasks\{agent="a\\"b"\} 2$/m);
  assert.ok(text.endsWith('\n'));
});
