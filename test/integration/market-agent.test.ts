import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { StreamResponse } from '@a2a-js/sdk';
import { begunTwice, type MarketAgents, writeMarketAgents } from '../faults/market-agents.ts';
import { connectSdk, createSdkRequest, sdkBindings } from '../support/sdk-client.ts';
import { createTestFolder, removeFolder, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

let folder: string;
let node: TestNode;
let agents: MarketAgents;

before(async () => {
  folder = await createTestFolder();
  // Three that bid for 10, 20 and 30, and do themselves what they are awarded.
  agents = await writeMarketAgents(folder, { executors: 3, price: 10 });
  node = await startTestNode({ args: agents.folders.flatMap((path) => ['--deploy', path]) });
  await node.ready;
});

after(async () => {
  await node.close();
  await removeFolder(folder);
});

const [jsonRpc] = sdkBindings;

function connect(agentId = 'market'): ReturnType<typeof connectSdk> {
  assert.ok(jsonRpc);
  return connectSdk(`${node.url}/a2a/${agentId}`, jsonRpc);
}

/** The texts of the status updates, and the data of the artifact. */
function readStream(items: readonly StreamResponse[]): { readonly said: readonly string[]; readonly result: unknown } {
  const said = items.flatMap(({ payload }) =>
    payload?.$case === 'statusUpdate' ? (payload.value.status?.message?.parts ?? []) : [],
  );
  const parts = items.flatMap(({ payload }) =>
    payload?.$case === 'artifactUpdate' ? (payload.value.artifact?.parts ?? []) : [],
  );
  const texts = said.flatMap(({ content }) => (content?.$case === 'text' ? [content.value] : []));
  const [result] = parts.flatMap(({ content }) => (content?.$case === 'data' ? [content.value] : []));
  return { said: texts, result };
}

test('an A2A client puts work out to tender, sees three providers compete, and gets the result of the one that won', async () => {
  const client = await connect();
  const terms = { description: 'Do it', budget: 50, input: { work: 'a2a-1' } };
  const items: StreamResponse[] = [];
  for await (const item of client.sendMessageStream(createSdkRequest({ parts: [{ data: terms }] }))) items.push(item);
  const { said, result } = readStream(items);
  assert.deepEqual(result, { work: 'a2a-1', by: 'hand-1' });
  assert.ok(said.includes('Award 1: hand-1 at $10'), said.join('\n'));
  assert.ok(said.includes('hand-1 works on it'), said.join('\n'));
  const { negotiations } = await node.client.market.list({ limit: 1 });
  assert.deepEqual(
    negotiations[0]?.offers.map(({ providerId, price }) => [providerId, price]),
    [
      ['hand-1', 10],
      ['hand-2', 20],
      ['hand-3', 30],
    ],
  );
});

test('a budget that nobody meets ends the task as failed, and says why', async () => {
  const item = await node.client.agent('market').send(
    {
      message: {
        messageId: 'm-1',
        role: 'user',
        parts: [{ data: { description: 'Do it', budget: 1, max_rounds: 0 } }],
      },
      configuration: { returnImmediately: false },
    },
    AbortSignal.timeout(30_000),
  );
  assert.ok(item.kind === 'task');
  assert.equal(item.task.status.state, 'failed');
  const [said] = item.task.status.message?.parts ?? [];
  assert.match(said && 'text' in said ? said.text : '', /^None of 3 providers .* within 1/);
});

test('cancelling the task takes the request back and stops who works on it', async () => {
  const gate = join(folder, 'never.gate');
  const market = node.client.agent('market');
  const data = { description: 'Do it', input: { work: 'a2a-2', gate } };
  const message = { messageId: 'm-2', role: 'user', parts: [{ data }] } as const;
  const item = await market.send({ message, configuration: { returnImmediately: true } }, AbortSignal.timeout(30_000));
  assert.ok(item.kind === 'task');
  await waitUntil('it is begun', () => agents.notes().some(({ work }) => work === 'a2a-2'));
  const task = await market.cancelTask(item.task.id);
  assert.equal(task.status.state, 'canceled');
  const [newest] = (await node.client.market.list({ limit: 1 })).negotiations;
  await waitUntil('it is withdrawn', async () => {
    return (await node.client.market.show(newest?.taskId ?? '')).phase === 'withdrawn';
  });
  const tasks = async (): Promise<readonly string[]> => {
    const page = await node.client.tasks.list({ agent: 'hand-1', pageSize: 10 });
    return page.tasks.map(({ state }) => state);
  };
  await waitUntil('the executor’s task is cancelled', async () => (await tasks()).includes('canceled'));
  writeFileSync(gate, '');
  assert.equal(
    agents.notes().some(({ what, work }) => what === 'end' && work === 'a2a-2'),
    false,
  );
});

test('a node that is killed while the market has a task goes on with it, and nothing is done twice', async () => {
  const gate = join(folder, 'kept.gate');
  const market = node.client.agent('market');
  const data = { description: 'Do it', input: { work: 'a2a-3' } };
  const ask = {
    description: 'Do it',
    offers_ms: 1_000,
    required_capabilities: ['something'],
    input: { work: 'a2a-4', gate },
  };
  const send = (messageId: string, terms: object): ReturnType<typeof market.send> =>
    market.send(
      {
        message: { messageId, role: 'user', parts: [{ data: terms as Record<string, string> }] },
        configuration: { returnImmediately: true },
      },
      AbortSignal.timeout(30_000),
    );
  const [done, open] = await Promise.all([send('m-3', data), send('m-4', ask)]);
  assert.ok(done.kind === 'task' && open.kind === 'task');
  await node.kill();
  const { dataFolder } = node;
  node = await startTestNode({ dataFolder });
  const stateOf = async (id: string): Promise<string> => (await node.client.agent('market').getTask(id)).status.state;
  for (const { task } of [done, open]) {
    await waitUntil('the task has ended', async () => ['completed', 'failed'].includes(await stateOf(task.id)));
  }
  assert.deepEqual(begunTwice(agents.notes()), []);
  await node.close();
  await removeFolder(dataFolder);
  node = await startTestNode();
});
