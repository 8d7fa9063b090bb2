import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { isObject } from '../../src/base/index.ts';
import type { Part, Task } from '../../src/protocol/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import {
  createTestFolder,
  deployHealthy,
  exampleAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type RedisAgent, startRedisAgent } from './redis-agent.ts';

const options = { ...requires('redis', 'redis-py'), timeout: 60_000 };

interface World {
  readonly node: TestNode;
  readonly coder: RedisAgent;
}

async function createWorld(t: TestContext): Promise<World> {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const coder = await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
  const bridge = { enabled: true, redisUrl: redis.url, refreshMs: 100 };
  const node = await startTestNode({ settings: { bridge } });
  t.after(() => node.close());
  await waitUntil('the Redis agent is there', async () => {
    return (await node.client.agents.list()).some(({ id, status }) => id === 'sonnet-1' && status === 'healthy');
  });
  return { node, coder };
}

async function ask(node: TestNode, skill: string, part: Part): Promise<Task> {
  const message = { messageId: randomUUID(), role: 'user' as const, parts: [part], metadata: { skill } };
  const request = { message, configuration: { returnImmediately: false } };
  const item = await node.client.agent('parley').send(request, AbortSignal.timeout(30_000));
  assert.equal(item.kind, 'task');
  return (item as Extract<typeof item, { kind: 'task' }>).task;
}

function answerOf({ status, artifacts }: Task): { data: Record<string, unknown>; text: string } {
  const parts = artifacts[0]?.parts ?? status.message?.parts ?? [];
  const data = parts.flatMap((part) => ('data' in part && isObject(part.data) ? [part.data] : []))[0] ?? {};
  return { data, text: parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n') };
}

test(
  'a task is done by an agent that is named, or has the capability; asked for as data or as text',
  options,
  async (t) => {
    const { node, coder } = await createWorld(t);
    const orders: readonly Part[] = [
      { data: { capability: 'coding', description: 'sum 1 2' } },
      { data: { agent: 'sonnet-1', description: 'sum 1 2' } },
      { data: { agent: 'sonnet-1', capability: 'analysis', task: 'sum 1 2', context_id: 'c-9' } },
      { text: 'sonnet-1: sum 1 2' },
      { text: '@sonnet-1 sum 1 2' },
      { text: 'coding: sum 1 2' },
    ];
    for (const order of orders) {
      const { data } = answerOf(await ask(node, 'task_execution', order));
      assert.deepEqual([data['agent'], data['status'], data['result']], ['sonnet-1', 'completed', 3]);
      const { state } = (await node.client.tasks.get(String(data['task_id']))) ?? {};
      assert.equal(state, 'completed');
    }
    assert.deepEqual(
      coder.ledger(),
      orders.map(() => 'sum 1 2'),
    );
    const { text } = answerOf(await ask(node, 'task_execution', { text: 'sonnet-1: write a poem' }));
    assert.equal(text, 'sonnet-1 did: write a poem');
  },
);

test('agents of the fabric are chosen by the same words', options, async (t) => {
  const { node } = await createWorld(t);
  await deployHealthy(node, { source: { kind: 'folder', path: exampleAgent('wordcount') } });
  const { agents } = { agents: await node.client.agents.list() };
  const skill = agents.find(({ id }) => id === 'wordcount')?.skills[0]?.id ?? '';
  const order = { data: { capability: skill, description: 'one two three' } };
  const { data } = answerOf(await ask(node, 'task_execution', order));
  assert.deepEqual([data['agent'], data['status']], ['wordcount', 'completed']);
});

test('nothing is made up: what nobody can do, or what fails, ends as failed and says why', options, async (t) => {
  const { node, coder } = await createWorld(t);
  const unknown = await ask(node, 'task_execution', { data: { capability: 'flying', description: 'fly' } });
  assert.equal(unknown.status.state, 'failed');
  assert.match(answerOf(unknown).text, /"flying"\. There are: .*coding/);
  const unnamed = await ask(node, 'task_execution', { text: 'do something' });
  assert.match(answerOf(unnamed).text, /Say who is to do it: an agent \(sonnet-1\)/);
  const failed = await ask(node, 'task_execution', { text: 'sonnet-1: fail out of paper' });
  assert.equal(failed.status.state, 'failed');
  assert.match(answerOf(failed).text, /out of paper/);
  assert.deepEqual(coder.ledger(), ['fail out of paper']);
});

test('a cancelled order cancels the task that it made', options, async (t) => {
  const { node, coder } = await createWorld(t);
  const message = { messageId: randomUUID(), role: 'user' as const, metadata: { skill: 'task_execution' } };
  const parts = [{ text: 'sonnet-1: sleep 2' }];
  const request = { message: { ...message, parts }, configuration: { returnImmediately: true } };
  const item = await node.client.agent('parley').send(request, AbortSignal.timeout(30_000));
  await waitUntil('the agent works', () => coder.ledger().length === 1);
  assert.ok(item.kind === 'task');
  assert.equal((await node.client.agent('parley').cancelTask(item.task.id)).status.state, 'canceled');
  await waitUntil('its task is cancelled, too', async () => {
    const { tasks } = await node.client.tasks.list({ agent: 'sonnet-1', pageSize: 10 });
    return tasks.length === 1 && tasks[0]?.state === 'canceled';
  });
});

test('discovery answers in the form of Redis orchestrators where it is asked for', options, async (t) => {
  const { node } = await createWorld(t);
  const task = await ask(node, 'agent_discovery', { data: { form: 'redis', capability: 'coding' } });
  const [data] = (task.artifacts[0]?.parts ?? []).flatMap((part) => ('data' in part ? [part.data] : []));
  assert.ok(Array.isArray(data));
  const [agent] = data as readonly Record<string, unknown>[];
  assert.deepEqual(Object.keys(agent ?? {}), ['id', 'type', 'status', 'capabilities', 'last_heartbeat', 'queue_size']);
  assert.deepEqual(
    [agent?.['id'], agent?.['type'], agent?.['status'], data.length],
    ['sonnet-1', 'sonnet', 'active', 1],
  );
});
