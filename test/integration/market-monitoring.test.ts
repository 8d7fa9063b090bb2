import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentRecord } from '../../src/agents/index.ts';
import { ParleyError } from '../../src/base/index.ts';
import type { MarketAgentView } from '../../src/control/index.ts';
import { openSurfaceDoor, type SurfaceDoor } from '../support/surface-door.ts';
import { deployHealthy, exampleAgent, startTestNode } from '../support/test-node.ts';

const view: MarketAgentView = {
  ...{ agentId: 'shop', roles: ['executor'], isRunning: true, activeTasks: ['n1'], log: 'kafka://redpanda:9092' },
  executor: { queued: [], running: [], completedTasks: 3, failedTasks: 0, isPaused: false },
};

const record: AgentRecord = {
  ...{ id: 'shop', name: 'shop', description: '', version: '1.0.0', packageId: 'shop@1.0.0', private: false },
  ...{ skills: [], defaultSkill: undefined, inputModes: [], outputModes: [], market: { executor: {} } },
};

async function openMarketDoor(context: TestContext, isKnown = true): Promise<SurfaceDoor> {
  const agent = async (agentId: string): Promise<MarketAgentView> => {
    if (isKnown) return view;
    throw new ParleyError('NOT_FOUND', `${agentId} has no role on this node.`);
  };
  const door = await openSurfaceDoor(context, { market: { agent } });
  door.announce({ record });
  return door;
}

test('an agent with a role is monitored on its own port, as agents of the original fleet are', async (context) => {
  const door = await openMarketDoor(context);
  const health = (await (await fetch(`${door.ownUrl}/health`)).json()) as Record<string, unknown>;
  const { status, agent_id, agent_type, communication } = health;
  assert.deepEqual(
    { status, agent_id, agent_type, communication },
    { status: 'healthy', agent_id: 'shop', agent_type: 'executor', communication: 'kafka-only' },
  );
  const answer = await fetch(`${door.ownUrl}/status`);
  assert.equal(answer.status, 200);
  const said = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual([said['agent_type'], said['completed_tasks'], said['active_tasks']], ['executor', 3, 1]);
  const metrics = await fetch(`${door.ownUrl}/metrics`);
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(await metrics.text(), /^parley_market_completed_tasks_total\{agent="shop"\} 3$/m);
});

test('no business goes over the port of an agent with a role', async (context) => {
  const door = await openMarketDoor(context);
  const body = JSON.stringify({ task_id: 't-1', requester_id: 'agent-001', description: 'Test data processing task' });
  const headers = { 'content-type': 'application/json' };
  for (const path of ['/', '/health', '/status', '/metrics', '/invoke', '/exports/add', '/task-requests', '/tasks']) {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const answer = await fetch(`${door.ownUrl}${path}`, { method, headers, body });
      assert.equal(answer.status, 404, `${method} ${path}`);
      assert.match(await answer.text(), /"code":"(METHOD_)?NOT_FOUND"/);
    }
  }
});

test('what the market cannot tell of an agent is said as an error, while its health is still told', async (context) => {
  const door = await openMarketDoor(context, false);
  for (const path of ['/status', '/metrics']) assert.equal((await fetch(door.ownUrl + path)).status, 404);
  assert.equal((await fetch(`${door.ownUrl}/health`)).status, 200);
});

test('where callers have an identity, health is for everybody, figures for operators and the role', async (context) => {
  const node = await startTestNode({ settings: { identity: { modes: ['keys'] } } });
  context.after(() => node.close());
  const source = { kind: 'folder' as const, path: exampleAgent(join('market', 'provider')) };
  const { ports } = await deployHealthy(node, { source });
  const keyOf = async (subject: string, roles: readonly string[]): Promise<string> =>
    (await node.client.keys.create({ subject, roles })).key;
  const ask = async (path: string, token?: string): Promise<number> => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${ports?.http}${path}`, { headers })).status;
  };
  assert.equal(await ask('/health'), 200);
  const [observer, caller] = [await keyOf('prometheus', ['metrics']), await keyOf('ci', [])];
  for (const path of ['/status', '/metrics']) {
    const answers = [await ask(path), await ask(path, caller), await ask(path, observer), await ask(path, node.token)];
    assert.deepEqual(answers, [401, 403, 200, 200], path);
  }
});

test('a role that settings give an agent counts as one of its package', async (context) => {
  const settings = { market: { roles: { provider: { executor: {} } } } };
  const node = await startTestNode({ settings });
  context.after(() => node.close());
  const source = { kind: 'folder' as const, path: exampleAgent(join('market', 'provider')) };
  const { ports } = await deployHealthy(node, { source });
  for (const path of ['/health', '/status']) {
    const answer = await fetch(`http://127.0.0.1:${ports?.http}${path}`);
    assert.equal(((await answer.json()) as Record<string, unknown>)['agent_type'], 'executor', path);
  }
});

test('an agent without a role keeps those addresses to its package', async (context) => {
  const door = await openSurfaceDoor(context, { routes: (_request, response) => void response.end('its own') });
  for (const path of ['/status', '/metrics']) {
    for (const method of ['GET', 'POST']) {
      assert.equal(await (await fetch(door.ownUrl + path, { method })).text(), 'its own');
    }
  }
  const health = (await (await fetch(`${door.ownUrl}/health`)).json()) as Record<string, unknown>;
  assert.equal('communication' in health, false);
});
