import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { startRedis } from '../support/redis-server.ts';
import { redisPython, requires } from '../support/requires.ts';
import { deployHealthy, exampleAgent, runParley, startTestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const folder = exampleAgent('redis-agents');

test(
  'the Redis agent of the example answers A2A callers, and its producer reaches an agent of the fabric',
  requires('redis', 'redis-py'),
  async (t) => {
    const redis = await startRedis(t);
    const node = await startTestNode({ args: ['--bridge', redis.url], settings: { bridge: { refreshMs: 200 } } });
    t.after(() => node.close());
    const agent = spawn(redisPython(), [join(folder, 'agent.py'), redis.url], { stdio: 'ignore' });
    const ended = once(agent, 'exit');
    t.after(async () => {
      agent.kill();
      await ended;
    });
    await waitUntil('the agent is there', async () => {
      return (await node.client.bridge.view()).agents.some(
        ({ id, status }) => id === 'sonnet-1' && status === 'healthy',
      );
    });
    const place = ['--url', node.url, '--token', node.token];
    const sent = await runParley('send', 'sonnet-1', 'which of these words is the longest', ...place, '-o', 'json');
    assert.equal(sent.code, 0, sent.stderr);
    assert.match(sent.stdout, /"longest": "longest"/);
    await deployHealthy(node, { source: { kind: 'folder', path: exampleAgent('wordcount') } });
    assert.equal((await runParley('bridge', 'on', 'wordcount', ...place)).code, 0);
    const args = [join(folder, 'producer.py'), 'wordcount', 'to be or not to be', redis.url];
    const produced = spawnSync(redisPython(), args, { encoding: 'utf8' });
    assert.deepEqual([produced.status, JSON.parse(produced.stdout)], [0, { lines: 1, words: 6 }], produced.stderr);
  },
);
