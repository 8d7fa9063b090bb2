import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { createRedisProducer } from '../bridge/redis-producer.ts';
import { openBindings } from '../support/a2a-bindings.ts';
import { createGrpcClient } from '../support/grpc-client.ts';
import { callPar } from '../support/par-client.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { deployHealthy, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const roles = `market:
  provider: { capabilities: [pricing], price: 40 }
  executor: { skill: price }
`;
const manifest = `version: 1.0.0
runtime: node24
exports:
  - name: price
    handler: agent.price
    input_schema_ref: price-value
    output_schema_ref: priced-value@1
  - name: calls
    handler: agent.calls
`;
const program = `const seen = [];
export const calls = () => seen;
export const price = (input) => { seen.push(input); return input.loud ? { wrong: 1 } : { id: input.id, done: true }; };
`;
const record = (name: string, ...fields: readonly object[]): string => JSON.stringify({ type: 'record', name, fields });

/** A way in: hands the skill its arguments, and answers with all that comes back, as text. */
type Door = (input: Readonly<Record<string, string>>) => Promise<string>;

async function openNode(t: TestContext, redisUrl: string): Promise<TestNode> {
  const bridge = { enabled: true, redisUrl, refreshMs: 100 };
  const node = await startTestNode({ settings: { bridge } });
  t.after(() => node.close());
  const loud = { name: 'loud', type: 'string', default: '' };
  await node.client.schemas.register('price-value', record('Price', { name: 'id', type: 'string' }, loud));
  await node.client.schemas.register('priced-value', record('Priced', { name: 'id', type: 'string' }));
  await deploy(node, 'pricer', `name: pricer\n${manifest}`);
  // Over the port of an agent with a role goes no business at all.
  await deploy(node, 'bidder', `name: bidder\n${roles}${manifest}`);
  await node.client.bridge.setSwitch('pricer', true);
  return node;
}

async function deploy(node: TestNode, name: string, agent: string): Promise<void> {
  const path = join(node.dataFolder, 'sources', name);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'agent.yaml'), agent);
  await writeFile(join(path, 'agent.mjs'), program);
  await deployHealthy(node, { source: { kind: 'folder', path } });
}

async function a2aDoors(t: TestContext, node: TestNode): Promise<Readonly<Record<string, Door>>> {
  const opened = await openBindings(node);
  t.after(async () => opened.close());
  const doors = Object.entries(opened.bindings).map(([name, ask]): [string, Door] => [
    name,
    (data) => {
      const message = {
        messageId: crypto.randomUUID(),
        role: 'ROLE_USER',
        parts: [{ data }],
        metadata: { skill: 'price' },
      };
      return tell(ask('pricer', 'SendMessage', { message }));
    },
  ]);
  return Object.fromEntries(doors);
}

async function parDoors(t: TestContext, node: TestNode): Promise<Readonly<Record<string, Door>>> {
  const { grpcAddress = '' } = await node.client.node.status();
  const agentService = createGrpcClient(grpcAddress, loadService('pixell/agent.proto', 'pixell.agent.AgentService'));
  t.after(async () => agentService.close());
  const [{ ports } = {}] = (await node.client.deployments.list()).filter(({ agentId }) => agentId === 'pricer');
  const own = { ...node, url: `http://127.0.0.1:${ports?.http}` };
  const invoke = { input: { action: 'price' } };
  return {
    'PAR invoke': (data) =>
      tell(callPar(node, { path: '/agents/pricer/invoke', body: { input: { ...invoke.input, ...data } } })),
    export: (data) => tell(callPar(node, { path: '/agents/pricer/exports/price', body: data })),
    'its own port': (data) => tell(callPar(own, { path: '/exports/price', body: data })),
    'invoke on its own port': (data) =>
      tell(callPar(own, { path: '/invoke', body: { input: { ...invoke.input, ...data } } })),
    'AgentService.Invoke': (parameters) =>
      tell(agentService.call('Invoke', { action: 'price', parameters }, { 'x-deployment-id': 'pricer' })),
  };
}

async function otherDoors(t: TestContext, node: TestNode, redisUrl: string): Promise<Readonly<Record<string, Door>>> {
  const producer = await createRedisProducer(t, redisUrl, 'producer-1');
  return {
    market: async (data) => {
      const terms = { description: 'What does it cost?', requiredCapabilities: ['pricing'], budget: 90 };
      const { taskId } = await node.client.market.request({ ...terms, input: [{ data }] });
      for await (const state of node.client.market.follow(taskId, AbortSignal.timeout(30_000)))
        if (state.phase === 'completed' || state.phase === 'failed') return JSON.stringify(state);
      return 'it did not end';
    },
    bridge: async (parameters) => {
      const before = (await producer.answers()).length;
      await producer.assign('pricer', crypto.randomUUID(), { skill: 'price', parameters });
      await waitUntil('it is answered', async () => (await producer.answers()).length > before);
      return JSON.stringify((await producer.answers()).at(-1));
    },
  };
}

/** An answer or an error, as text. */
async function tell(answer: Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await answer);
  } catch (thrown) {
    return `${String(thrown)} ${JSON.stringify(thrown)}`;
  }
}

test('schemas that a skill names hold at every door: what does not fit never reaches it, and comes out of it to nobody', {
  ...requires('redis'),
  timeout: 120_000,
}, async (t) => {
  const redis = await startRedis(t);
  const node = await openNode(t, redis.url);
  const doors = {
    ...(await a2aDoors(t, node)),
    ...(await parDoors(t, node)),
    ...(await otherDoors(t, node, redis.url)),
  };
  for (const [name, ask] of Object.entries(doors)) {
    assert.match(await ask({ id: name }), /done/, name);
    assert.match(await ask({ other: name }), /\/id is missing|INVALID_PARAMS/, name);
    const answer = await ask({ id: `${name}, loud`, loud: 'yes' });
    assert.match(answer, /output schema does not allow/, name);
    assert.doesNotMatch(answer, /"wrong":/, name);
  }
  const calls = await Promise.all(['pricer', 'bidder'].map((agent) => callsOf(node, agent)));
  assert.deepEqual(
    calls.flat().toSorted(),
    Object.keys(doors)
      .flatMap((name) => [name, `${name}, loud`])
      .toSorted(),
  );
});

/** The ids that the skill was called with. */
async function callsOf(node: TestNode, agent: string): Promise<readonly (string | undefined)[]> {
  const { body } = await callPar(node, { path: `/agents/${agent}/exports/calls`, body: {} });
  return (body as readonly { readonly id?: string }[]).map(({ id }) => id);
}
