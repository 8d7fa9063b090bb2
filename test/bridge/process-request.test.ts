import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StreamItem } from '../../src/protocol/index.ts';
import type { CallContext, TaskService } from '../../src/tasks/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder } from '../support/test-node.ts';
import { lookInto, startBridge, untilHealthy } from './bridge-fixture.ts';
import { startRedisAgent } from './redis-agent.ts';

const context: CallContext = { principal: { kind: 'anonymous', id: 'anonymous' }, trace: { correlationId: 'c' } };
const message = { messageId: 'm', role: 'user' as const, parts: [{ text: 'x' }] };
const answer: StreamItem = { kind: 'message', message };

test(
  'an A2A request goes to the agent that is named, or to the one with the capability and the shortest queue',
  requires('redis', 'redis-py'),
  async (t) => {
    const redis = await startRedis(t);
    const folder = await createTestFolder();
    t.after(() => removeFolder(folder));
    const { registry, bridge } = await startBridge(t, redis.url);
    const look = await lookInto(t, redis.url);
    const busy = await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
    await startRedisAgent(t, { url: redis.url, id: 'sonnet-2', type: 'sonnet', folder });
    await startRedisAgent(t, { url: redis.url, id: 'opus-master', type: 'opus', folder });
    for (const id of ['sonnet-1', 'sonnet-2', 'opus-master']) await untilHealthy(registry, id);
    busy.freeze();
    t.after(async () => busy.thaw());
    // One is taken by the frozen agent's open BRPOP; the others wait.
    for (let i = 0; i < 3; i++) await look.command('LPUSH', 'queue:sonnet-1', `{"id":"${i}"}`);
    const sent: unknown[] = [];
    const send: TaskService['send'] = async (target, request) => {
      sent.push([target.agentId, request.message.metadata?.['skill']]);
      return answer;
    };
    const serving = bridge.serving({ send } as TaskService);
    await serving.start();
    t.after(() => serving.stop(AbortSignal.timeout(1_000)));
    const request = { message, context, signal: new AbortController().signal };
    assert.equal(await bridge.processA2aRequest({ ...request, capability: 'coding' }), answer);
    await bridge.processA2aRequest({ ...request, capability: 'management' });
    await bridge.processA2aRequest({ ...request, agentId: 'sonnet-1' });
    assert.deepEqual(sent, [
      ['sonnet-2', 'coding'],
      ['opus-master', 'management'],
      ['sonnet-1', undefined],
    ]);
    const nobody = bridge.processA2aRequest({ ...request, capability: 'flying' });
    await assert.rejects(nobody, { code: 'AGENT_NOT_FOUND', message: /capability "flying"/ });
  },
);

test('a cluster is refused, and so is a request before the node takes any', requires('redis'), async (t) => {
  await assert.rejects(startBridge(t, 'redis+cluster://127.0.0.1:1,127.0.0.1:2'), { code: 'CONFIG_INVALID' });
  const redis = await startRedis(t);
  const { bridge } = await startBridge(t, redis.url);
  const request = { message, context, agentId: 'x', signal: new AbortController().signal };
  await assert.rejects(bridge.processA2aRequest(request), { code: 'UNAVAILABLE' });
  await assert.rejects(bridge.setSwitch('nobody', true), { code: 'AGENT_NOT_FOUND' });
});

test('an agent without a heartbeat takes no calls, and one that says goodbye is gone', requires('redis'), async (t) => {
  const redis = await startRedis(t);
  const look = await lookInto(t, redis.url);
  const fields = ['id', 'old', 'type', 'opus', 'status', 'active', 'capabilities', '["x"]'];
  await look.command('HSET', 'agent:old', ...fields, 'last_heartbeat', '2020-01-01T00:00:00.000000');
  await look.command('HSET', 'agent:idle', 'id', 'idle', 'type', 'opus', 'status', 'inactive', 'last_heartbeat', '');
  const { registry, bridge } = await startBridge(t, redis.url);
  const statuses = registry.list().map(({ record, status, reason }) => [record.id, status, reason]);
  assert.deepEqual(statuses, [
    ['idle', 'stopped', 'its status in Redis is "inactive"'],
    ['old', 'failed', 'its last heartbeat was at 2020-01-01T00:00:00.000000'],
  ]);
  assert.deepEqual(await bridge.discover(), []);
  await look.command('DEL', 'agent:old', 'agent:idle');
  // A pass over all keys, and what has gone is gone.
  await bridge.discover();
  assert.deepEqual(registry.list(), []);
});
