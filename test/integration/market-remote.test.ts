import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { NegotiationView } from '../../src/control/index.ts';
import { deployHealthy, exampleAgent, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const roles = { counter: { provider: { capabilities: ['counting'] }, executor: {} } };

/** A node, and elsewhere an A2A server of whom it knows the agent `counter`, which has roles by settings alone. */
async function startBoth(t: TestContext): Promise<{ near: TestNode; far: TestNode }> {
  const far = await startTestNode();
  t.after(() => far.close());
  await deployHealthy(far, { source: { kind: 'folder', path: exampleAgent('wordcount') } });
  const near = await startTestNode({ settings: { market: { roles, goneMs: 500 }, registry: { pollMs: 300 } } });
  t.after(() => near.close());
  await near.client.remoteAgents.add({ url: `${far.url}/a2a/wordcount`, id: 'counter' });
  await waitUntil('it is known', async () => {
    return (await near.client.agents.list({ id: 'counter', status: 'healthy' })).length === 1;
  });
  return { near, far };
}

async function untilEnd({ client }: TestNode, taskId: string): Promise<NegotiationView> {
  let last: NegotiationView | undefined;
  for await (const state of client.market.follow(taskId, AbortSignal.timeout(60_000))) last = state;
  assert.ok(last);
  return last;
}

test('an A2A agent that runs elsewhere bids and works, and an A2A client sees it as a task of the market', async (t) => {
  const { near } = await startBoth(t);
  const description = 'counting the quick brown fox';
  const { taskId } = await near.client.market.request({ description, proposedCost: 10 });
  const { phase, awards, result } = await untilEnd(near, taskId);
  assert.deepEqual([phase, awards.at(-1)?.providerId], ['completed', 'counter']);
  assert.deepEqual(result, [{ data: { lines: 1, words: 5 } }]);

  const parts = [{ text: description }, { data: { proposed_cost: 10, budget: 20 } }];
  const message = { messageId: 'm-1', role: 'user' as const, parts };
  const seen: string[] = [];
  const request = { message, configuration: { returnImmediately: false } };
  for await (const item of near.client.agent('market').stream(request, AbortSignal.timeout(60_000))) {
    if (item.kind === 'status') seen.push(JSON.stringify(item.update.status));
    if (item.kind === 'artifact') assert.deepEqual(item.update.artifact.parts, [{ data: { lines: 1, words: 5 } }]);
  }
  assert.match(seen.join('\n'), /Award 1: counter at \$10/);
  assert.match(seen.at(-1) ?? '', /completed/);
});

test('when the server elsewhere is gone, nobody is awarded what it has offered', async (t) => {
  const { near, far } = await startBoth(t);
  await far.kill();
  await waitUntil('it is missed', async () => {
    return (await near.client.agents.list({ id: 'counter', status: 'healthy' })).length === 0;
  });
  const asked = { description: 'counting the quick brown fox', proposedCost: 10, offersMs: 1_000 };
  const { phase, awards, code } = await untilEnd(near, (await near.client.market.request(asked)).taskId);
  assert.deepEqual([phase, awards.length, code], ['failed', 0, 'NO_OFFER']);
});
