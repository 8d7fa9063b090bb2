import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { type RedisAgent, startRedisAgent } from '../bridge/redis-agent.ts';
import { createRedisProducer } from '../bridge/redis-producer.ts';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const options = { ...requires('redis', 'redis-py'), timeout: 120_000 };

interface World {
  readonly redis: TestRedis;
  readonly agent: RedisAgent;
  readonly nodes: readonly [TestNode, TestNode];
}

/** Two nodes that share their state and a Redis with an agent. */
async function createWorld(t: TestContext): Promise<World> {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const agent = await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
  const start = async (name: string): Promise<TestNode> => {
    const bridge = { enabled: true, refreshMs: 100, heartbeatMs: 300, concurrency: 3 };
    const settings = { bridge, store: { url: redis.url }, fabric: { key }, node: { leaseMs: 2_000 } };
    const node = await startTestNode({ dataFolder: `${folder}/${name}`, settings });
    t.after(() => node.close());
    return node;
  };
  return { redis, agent, nodes: [await start('one'), await start('two')] };
}

const key = 'a-fabric-key-for-tests-with-enough-characters';

test('a task of a Redis agent whose node dies is gone on with by another node, and done once', options, async (t) => {
  const { agent, nodes } = await createWorld(t);
  const [first, second] = nodes;
  const message = { messageId: randomUUID(), role: 'user' as const, parts: [{ text: 'sleep 4' }] };
  const request = { message, configuration: { returnImmediately: true } };
  const item = await first.client.agent('sonnet-1').send(request, AbortSignal.timeout(30_000));
  assert.ok(item.kind === 'task');
  await waitUntil('the agent works', () => agent.ledger().length === 1);
  await first.kill();
  await waitUntil('the task is completed', async () => {
    return (await second.client.agent('sonnet-1').getTask(item.task.id)).status.state === 'completed';
  });
  assert.deepEqual(agent.ledger(), ['sleep 4']);
});

test(
  'what a node that dies has taken from the queue of an agent another node works on, and answers once',
  options,
  async (t) => {
    const { redis, agent, nodes } = await createWorld(t);
    const [first, second] = nodes;
    await first.client.bridge.setSwitch('parley', true);
    const producer = await createRedisProducer(t, redis.url, 'producer-1');
    const ids = Array.from({ length: 20 }, (_, i) => `order-${i}`);
    for (const id of ids) {
      const parameters = { agent: 'sonnet-1', description: `sleep 0.1 ${id}`.slice(0, 9) };
      await producer.assign('parley', id, { skill: 'task_execution', parameters });
    }
    await waitUntil('some are answered', async () => (await producer.answers()).length >= 3);
    await first.kill();
    await waitUntil('all are answered', async () => (await producer.answers()).length >= ids.length, 60_000);
    const answers = (await producer.answers()).map(({ payload }) => [payload['task_id'], payload['status']]);
    assert.deepEqual(answers.toSorted(), ids.map((id) => [id, 'completed']).toSorted());
    assert.equal(agent.ledger().length, ids.length);
    await second.client.node.status();
  },
);
