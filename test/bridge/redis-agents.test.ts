import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionEvent } from '../../src/agents/index.ts';
import { formatLocalTime } from '../../src/bridge/messages/local-time.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { call, lookInto, startBridge, untilHealthy } from './bridge-fixture.ts';
import { startRedisAgent } from './redis-agent.ts';

function partsOf(events: readonly ExecutionEvent[]): unknown {
  const [artifact] = events.flatMap((event) => (event.kind === 'artifact' ? [event.artifact] : []));
  return artifact?.parts;
}

test('unmodified agents of the three types are found, and answer', requires('redis', 'redis-py'), async (t) => {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const { registry } = await startBridge(t, redis.url);
  for (const [id, type] of [
    ['opus-master', 'opus'],
    ['sonnet-1', 'sonnet'],
    ['sub-1', 'subagent'],
  ] as const) {
    const agent = await startRedisAgent(t, { url: redis.url, id, type, folder });
    await untilHealthy(registry, id);
    assert.deepEqual(partsOf(await call(registry, id, 'write a poem')), [{ text: `${id} did: write a poem` }]);
    assert.deepEqual(partsOf(await call(registry, id, 'sum 1 2 3.5')), [{ data: 6.5 }]);
    assert.deepEqual(agent.ledger(), ['write a poem', 'sum 1 2 3.5']);
    assert.equal(agent.errors(), '');
  }
  const [, sonnet] = registry.list();
  assert.deepEqual(
    sonnet?.record.skills.map((skill) => skill.id),
    ['implementation', 'coding', 'analysis'],
  );
});

test('what a Redis agent cannot do is a failure with its words', requires('redis', 'redis-py'), async (t) => {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const { registry } = await startBridge(t, redis.url);
  await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
  await untilHealthy(registry, 'sonnet-1');
  const [end] = await call(registry, 'sonnet-1', 'fail no idea');
  assert.equal(end?.kind === 'end' && end.state, 'failed');
  assert.deepEqual(end?.kind === 'end' && end.parts?.[0], { text: 'no idea' });
});

test('a hundred calls at once get a hundred answers, each its own', requires('redis', 'redis-py'), async (t) => {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const { registry } = await startBridge(t, redis.url);
  await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
  await startRedisAgent(t, { url: redis.url, id: 'sub-1', type: 'subagent', folder });
  await untilHealthy(registry, 'sonnet-1');
  await untilHealthy(registry, 'sub-1');
  const ids = Array.from({ length: 100 }, (_, i) => [i % 2 === 0 ? 'sonnet-1' : 'sub-1', i] as const);
  const answers = await Promise.all(ids.map(([id, i]) => call(registry, id, `sum ${i} 1000`)));
  assert.deepEqual(
    answers.map(partsOf),
    ids.map(([, i]) => [{ data: i + 1_000 }]),
  );
});

test(
  'a timed-out task is withdrawn from the queue of an agent that has not taken it',
  requires('redis', 'redis-py'),
  async (t) => {
    const redis = await startRedis(t);
    const folder = await createTestFolder();
    t.after(() => removeFolder(folder));
    const look = await lookInto(t, redis.url);
    const { registry } = await startBridge(t, redis.url, { staleAfterMs: 60_000 });
    const agent = await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
    await untilHealthy(registry, 'sonnet-1');
    const busy = call(registry, 'sonnet-1', 'sleep 1');
    await waitUntil('the agent works', () => agent.ledger().length === 1);
    await assert.rejects(call(registry, 'sonnet-1', 'sum 1 1', { timeoutMs: 200 }), { code: 'DEADLINE_EXCEEDED' });
    await waitUntil('it is withdrawn', async () => (await look.command('LLEN', 'queue:sonnet-1')) === 0);
    await busy;
    assert.deepEqual(partsOf(await call(registry, 'sonnet-1', 'sum 2 2')), [{ data: 4 }]);
    assert.deepEqual(agent.ledger(), ['sleep 1', 'sum 2 2']);
  },
);

test(
  'a call ends with its deadline while Redis stands still, and is withdrawn when that goes on',
  requires('redis'),
  async (t) => {
    const redis = await startRedis(t);
    const look = await lookInto(t, redis.url);
    const { registry } = await startBridge(t, redis.url);
    const beat = {
      id: 'quiet',
      type: 'sonnet',
      capabilities: '["wait"]',
      status: 'active',
      last_heartbeat: formatLocalTime(Date.now()),
    };
    await look.command('HSET', 'agent:quiet', ...Object.entries(beat).flat());
    await untilHealthy(registry, 'quiet');
    redis.freeze();
    t.after(() => redis.thaw());
    const beganMs = performance.now();
    await assert.rejects(call(registry, 'quiet', 'never mind', { timeoutMs: 300 }), { code: 'DEADLINE_EXCEEDED' });
    assert.ok(performance.now() - beganMs < 2_000, 'the caller is told in time');
    redis.thaw();
    await waitUntil('the call was sent and given up', async () => {
      const [key] = (await look.command('KEYS', 'parley:bridge:call:*')) as readonly string[];
      return key !== undefined && (await look.command('HGET', key, 'state')) === 'withdrawn';
    });
    assert.equal(await look.command('LLEN', 'queue:quiet'), 0);
  },
);

test('a late answer is kept as a letter, and goes to no other call', requires('redis', 'redis-py'), async (t) => {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const { registry, bridge } = await startBridge(t, redis.url);
  for (const [id, type] of [
    ['sonnet-1', 'sonnet'],
    ['sub-1', 'subagent'],
  ] as const) {
    const agent = await startRedisAgent(t, { url: redis.url, id, type, folder });
    await untilHealthy(registry, id);
    await assert.rejects(call(registry, id, 'sleep 1', { timeoutMs: 300 }), { code: 'DEADLINE_EXCEEDED' });
    assert.deepEqual(agent.ledger(), ['sleep 1']);
    assert.deepEqual(partsOf(await call(registry, id, 'sum 2 2')), [{ data: 4 }]);
    await waitUntil('the late answer is kept', async () => (await bridge.letters(10))[0]?.raw.includes(id) ?? false);
    const [letter] = await bridge.letters(10);
    assert.equal(letter?.kind, 'late');
  }
});

test('what nobody can read is kept, and what is behind it is dealt with', requires('redis', 'redis-py'), async (t) => {
  const redis = await startRedis(t);
  const folder = await createTestFolder();
  t.after(() => removeFolder(folder));
  const look = await lookInto(t, redis.url);
  const { registry, bridge } = await startBridge(t, redis.url);
  await startRedisAgent(t, { url: redis.url, id: 'sonnet-1', type: 'sonnet', folder });
  await untilHealthy(registry, 'sonnet-1');
  const strange = ['{', 'null', '{"id":1}', '{"id":"x","type":"task_result","payload":[]}'];
  const foreign = '{"id":"x","type":"task_result","from_agent":"who","to_agent":"me","payload":{"task_id":"none"}}';
  const other = '{"id":"y","type":"agent_shutdown","from_agent":"who","to_agent":"me","payload":{}}';
  for (const raw of [...strange, foreign, other]) await look.command('LPUSH', 'queue:a2a_bridge-one', raw);
  assert.deepEqual(partsOf(await call(registry, 'sonnet-1', 'sum 2 2')), [{ data: 4 }]);
  const letters = await bridge.letters(10);
  assert.deepEqual(letters.map(({ kind, raw }) => [kind, raw]).reverse(), [
    ...strange.map((raw) => ['invalid', raw]),
    ['unmatched', foreign],
    ['unexpected', other],
  ]);
  assert.equal(await look.command('LLEN', 'queue:a2a_bridge-one'), 0);
  assert.equal(await look.command('LLEN', 'parley:bridge:held:a2a_bridge-one:one'), 0);
});

test(
  'bytes that are no text are kept as a letter, too, and nothing of them stays held',
  requires('redis'),
  async (t) => {
    const redis = await startRedis(t);
    const look = await lookInto(t, redis.url);
    const { bridge } = await startBridge(t, redis.url);
    for (const end of [0xfe, 0xff]) await look.command('LPUSH', 'queue:a2a_bridge-one', Buffer.from([0x7b, end, 0x7d]));
    await waitUntil('both are letters', async () => (await bridge.letters(10)).length === 2);
    assert.deepEqual(
      (await bridge.letters(10)).map(({ kind, raw }) => [kind, raw]),
      [
        ['invalid', '{\uFFFD}'],
        ['invalid', '{\uFFFD}'],
      ],
    );
    assert.equal(await look.command('LLEN', 'parley:bridge:held:a2a_bridge-one:one'), 0);
  },
);
