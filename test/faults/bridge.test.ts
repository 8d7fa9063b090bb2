import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import type { SendRequest, Task } from '../../src/protocol/index.ts';
import { lookInto } from '../bridge/bridge-fixture.ts';
import { type RedisAgent, startRedisAgent } from '../bridge/redis-agent.ts';
import { createRedisProducer } from '../bridge/redis-producer.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, deployHealthy, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { writeCountingAgents } from './counting-agents.ts';

const options = { ...requires('redis', 'redis-py'), timeout: 120_000 };

interface World {
  readonly redis: TestRedis;
  readonly folder: string;
  readonly agent: RedisAgent;
  start(more?: Record<string, unknown>): Promise<TestNode>;
}

async function createWorld(t: TestContext): Promise<World> {
  const redis = await startRedis(t, { settings: { appendfsync: 'always' } });
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const agent = await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
  const start = async (more: Record<string, unknown> = {}): Promise<TestNode> => {
    const bridge = { enabled: true, redisUrl: redis.url, refreshMs: 100, heartbeatMs: 500, ...more };
    return startTestNode({ dataFolder: `${folder}/data`, settings: { bridge } });
  };
  return { redis, folder, agent, start };
}

function createRequest(text: string, returnImmediately = false): SendRequest {
  const message = { messageId: randomUUID(), role: 'user' as const, parts: [{ text }] };
  return { message, configuration: { returnImmediately } };
}

async function send(node: TestNode, text: string, returnImmediately = false): Promise<Task> {
  const signal = AbortSignal.timeout(60_000);
  const item = await node.client.agent('sonnet-1').send(createRequest(text, returnImmediately), signal);
  assert.equal(item.kind, 'task');
  return (item as Extract<typeof item, { kind: 'task' }>).task;
}

async function untilEnded(node: TestNode, id: string): Promise<Task> {
  let task = await node.client.agent('sonnet-1').getTask(id);
  await waitUntil(`task ${id} has ended`, async () => {
    task = await node.client.agent('sonnet-1').getTask(id);
    return ['completed', 'failed', 'canceled', 'rejected'].includes(task.status.state);
  });
  return task;
}

test(
  'a task that a Redis agent works on when the node is killed is completed after the start, and done once',
  options,
  async (t) => {
    const { agent, start } = await createWorld(t);
    const killed = await start();
    const taken = await send(killed, 'sleep 1', true);
    await waitUntil('the agent works', () => agent.ledger().length === 1);
    const waiting = await send(killed, 'sum 20 22', true);
    await killed.kill();
    const node = await start();
    t.after(() => node.close());
    assert.equal((await untilEnded(node, taken.id)).status.state, 'completed');
    const { status, artifacts } = await untilEnded(node, waiting.id);
    assert.equal(status.state, 'completed');
    assert.deepEqual(artifacts[0]?.parts, [{ data: 42 }]);
    assert.deepEqual(agent.ledger(), ['sleep 1', 'sum 20 22']);
  },
);

test('an answer that comes while the node is dead is there after its start', options, async (t) => {
  const { redis, agent, start } = await createWorld(t);
  const look = await lookInto(t, redis.url);
  const killed = await start();
  const sent = await send(killed, 'sleep 0.5', true);
  await waitUntil('the agent works', () => agent.ledger().length === 1);
  await killed.kill();
  await waitUntil('the answer is in Redis', async () => {
    const [queue] = (await look.command('KEYS', 'queue:a2a_bridge-*')) as readonly string[];
    return queue !== undefined;
  });
  const node = await start();
  t.after(() => node.close());
  assert.equal((await untilEnded(node, sent.id)).status.state, 'completed');
  assert.deepEqual(agent.ledger(), ['sleep 0.5']);
});

test('kill -9 of the node loses no assignment of a producer, and answers none twice', options, async (t) => {
  const { redis, folder, start } = await createWorld(t);
  const producer = await createRedisProducer(t, redis.url, 'producer-1');
  const counting = await writeCountingAgents(folder);
  let node = await start({ concurrency: 3 });
  t.after(() => node.close());
  await deployHealthy(node, { source: { kind: 'folder', path: counting.folders[1] ?? '' } });
  await node.client.bridge.setSwitch('again', true);
  const ids = Array.from({ length: 40 }, (_, i) => `assignment-${i}`);
  for (const id of ids) await producer.assign('again', id, { parameters: { ms: 50 } });
  for (const killAt of [5, 20]) {
    await waitUntil(`${killAt} are answered`, async () => (await producer.answers()).length >= killAt);
    await node.kill();
    node = await start({ concurrency: 3 });
  }
  await waitUntil('all are answered', async () => (await producer.answers()).length >= ids.length, 60_000);
  const answers = await producer.answers();
  assert.deepEqual(answers.map(({ payload }) => payload['original_task_id']).sort(), ids.toSorted());
  assert.deepEqual([...new Set(answers.map(({ payload }) => payload['status']))], ['completed']);
});

test(
  'while Redis is away calls are refused in so many words; when it is back all goes on by itself',
  options,
  async (t) => {
    const { redis, folder, agent, start } = await createWorld(t);
    const producer = await createRedisProducer(t, redis.url, 'producer-1');
    const counting = await writeCountingAgents(folder);
    const node = await start();
    t.after(() => node.close());
    await deployHealthy(node, { source: { kind: 'folder', path: counting.folders[1] ?? '' } });
    await node.client.bridge.setSwitch('again', true);
    const inFlight = await send(node, 'sleep 1', true);
    await waitUntil('the agent works', () => agent.ledger().length === 1);
    await producer.assign('again', 'before', { parameters: { ms: 500 } });
    await waitUntil('the assignment is worked on', () => counting.executions().some(({ task }) => task !== undefined));
    await redis.stop();
    await waitUntil('the agent is known to be out of reach', async () => {
      return (await node.client.agents.describe('sonnet-1')).status === 'failed';
    });
    await assert.rejects(send(node, 'sum 1 1'), { code: 'AGENT_UNAVAILABLE' });
    assert.match((await node.client.agents.describe('sonnet-1')).reason ?? '', /Redis cannot be reached/);
    await redis.restart();
    assert.equal((await untilEnded(node, inFlight.id)).status.state, 'completed');
    await waitUntil('the agent is back', async () => {
      return (await node.client.agents.describe('sonnet-1')).status === 'healthy';
    });
    assert.equal((await send(node, 'sum 1 1')).status.state, 'completed');
    await producer.assign('again', 'after', { parameters: { ms: 1 } });
    await waitUntil('both are answered', async () => (await producer.answers()).length >= 2);
    const answered = (await producer.answers()).map(({ payload }) => [payload['task_id'], payload['status']]);
    assert.deepEqual(answered, [
      ['before', 'completed'],
      ['after', 'completed'],
    ]);
    assert.deepEqual(agent.ledger(), ['sleep 1', 'sum 1 1']);
  },
);

test('a node starts without Redis, and takes its agents on when it comes', options, async (t) => {
  const { redis, start } = await createWorld(t);
  await redis.stop();
  const node = await start();
  t.after(() => node.close());
  assert.equal((await node.client.bridge.view()).state, 'connecting');
  await redis.restart();
  await waitUntil('the agent is there', async () => {
    return (await node.client.agents.list()).some(({ id, status }) => id === 'sonnet-1' && status === 'healthy');
  });
  assert.equal((await send(node, 'sum 1 1')).status.state, 'completed');
});

test('a task of a Redis agent outlives a start of its node without Redis, and is done once', options, async (t) => {
  const { redis, agent, start } = await createWorld(t);
  const killed = await start();
  const { id } = await send(killed, 'sleep 1', true);
  await waitUntil('the agent works', () => agent.ledger().length === 1);
  await killed.kill();
  await redis.stop();
  const node = await start();
  t.after(() => node.close());
  await redis.restart();
  await waitUntil('the agent is back', async () => {
    return (await node.client.agents.list()).some(({ id: known }) => known === 'sonnet-1');
  });
  assert.equal((await untilEnded(node, id)).status.state, 'completed');
  assert.deepEqual(agent.ledger(), ['sleep 1']);
});
