import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { AgentView } from '../../src/control/index.ts';
import type { CardKey, StreamItem } from '../../src/protocol/index.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const settings = { registry: { pollMs: 300 } };
const never = new AbortController().signal;
let far: TestNode;
let near: TestNode;

before(async () => {
  far = await startTestNode();
  await deployHealthy(far, { source: { kind: 'folder', path: fixtureAgent('contract') } });
  near = await startTestNode({ settings });
});

after(async () => {
  await near.close();
  await far.close();
});

function agentUrl({ url }: TestNode): string {
  return `${url}/a2a/contract`;
}

async function send(agentId: string, skill: string, data: object): Promise<StreamItem> {
  const message = { messageId: `m-${Math.random()}`, role: 'user', parts: [{ data }], metadata: { skill } } as const;
  return near.client.agent(agentId).send({ message, configuration: { returnImmediately: false } } as never, never);
}

async function untilStatus(id: string, status: AgentView['status']): Promise<AgentView> {
  await waitUntil(`${id} is ${status}`, async () => (await near.client.agents.list({ id, status })).length === 1);
  return near.client.agents.describe(id);
}

test('an agent that was added is found, called with its skills, and forgotten', async () => {
  const added = await near.client.remoteAgents.add({ url: agentUrl(far), id: 'added', tags: ['distant'] });
  assert.equal(added.id, 'added');
  const { skills } = await untilStatus('added', 'healthy');
  assert.ok(skills.some(({ id }) => id === 'echo'));
  assert.equal((await near.client.agents.list({ tag: 'distant', skill: 'echo' })).length, 1);
  const item = await send('added', 'echo', { hello: 1 });
  assert.ok(item.kind === 'task' && item.task.status.state === 'completed', JSON.stringify(item));
  assert.match(JSON.stringify(item.task.artifacts), /"hello":1/);
  const failed = await send('added', 'fail', {});
  assert.ok(failed.kind === 'task' && failed.task.status.state === 'failed');
  assert.match(JSON.stringify(failed.task.status.message), /it went wrong/);
  await near.client.remoteAgents.remove('added');
  assert.deepEqual(await near.client.agents.list({ id: 'added' }), []);
});

test('an address without an agent is refused, and so is an id that is taken', async () => {
  const { agents } = near.client;
  await assert.rejects(near.client.remoteAgents.add({ url: `${far.url}/nowhere` }), { code: 'AGENT_UNAVAILABLE' });
  await assert.rejects(near.client.remoteAgents.add({ url: agentUrl(far), id: 'parley' }), {
    code: 'VALIDATION_FAILED',
  });
  await deployHealthy(near, { source: { kind: 'folder', path: fixtureAgent('contract') }, agentId: 'mine' });
  await assert.rejects(near.client.remoteAgents.add({ url: agentUrl(far), id: 'mine' }), { code: 'CONFLICT' });
  assert.equal((await agents.describe('mine')).status, 'healthy');
});

test('credentials are sealed at rest and never given back', async () => {
  const credential = { header: 'X-Far-Key', value: 'very-secret-credential' };
  const added = await near.client.remoteAgents.add({ url: agentUrl(far), id: 'sealed', credential });
  const agents = await near.client.remoteAgents.list();
  assert.doesNotMatch(JSON.stringify([added, agents]), /very-secret/);
  await untilStatus('sealed', 'healthy');
  for (const name of readdirSync(near.dataFolder)) {
    const path = join(near.dataFolder, name);
    if (statSync(path).isFile()) assert.equal(readFileSync(path).includes('very-secret'), false, name);
  }
  assert.doesNotMatch(near.output(), /very-secret/);
});

test('a file names agents, counts again when it changes, and one that vanishes stays with a reason', async () => {
  const gone = await startTestNode();
  await deployHealthy(gone, { source: { kind: 'folder', path: fixtureAgent('contract') } });
  const file = join(near.dataFolder, 'agents.yaml');
  writeFileSync(file, `agents: [{ id: filed, url: "${agentUrl(gone)}" }]`);
  const third = await startTestNode({ settings, args: ['--agents', file] });
  try {
    const status = async (id: string): Promise<string | undefined> =>
      (await third.client.agents.list({ id }))[0]?.status;
    await waitUntil('filed is healthy', async () => (await status('filed')) === 'healthy');
    writeFileSync(file, `agents: [{ id: filed, url: "${agentUrl(gone)}" }, { id: more, url: "${agentUrl(far)}" }]`);
    await waitUntil('more is healthy', async () => (await status('more')) === 'healthy');
    await gone.kill();
    await waitUntil('filed has failed', async () => (await status('filed')) === 'failed');
    const [view] = await third.client.remoteAgents.list();
    assert.match(view?.reason ?? '', /cannot be reached/);
  } finally {
    await third.close();
    await gone.close().catch(() => {});
  }
});

test('an agent with kept keys counts only with a card that one of them has signed', async () => {
  const keysOf = async ({ url }: TestNode): Promise<string> => (await fetch(`${url}/.well-known/jwks.json`)).text();
  const [right, wrong] = [await keysOf(far), await keysOf(near)];
  const { keys } = JSON.parse(right) as { readonly keys: readonly CardKey[] };
  const added = await near.client.remoteAgents.add({ url: agentUrl(far), id: 'signed', keys });
  assert.equal(added.id, 'signed');
  await untilStatus('signed', 'healthy');
  assert.match(JSON.stringify(await send('signed', 'echo', { hello: 2 })), /"hello":2/);
  const others = (JSON.parse(wrong) as { readonly keys: readonly CardKey[] }).keys;
  await assert.rejects(near.client.remoteAgents.add({ url: agentUrl(far), id: 'forged', keys: others }), {
    code: 'INVALID_AGENT_RESPONSE',
  });
  const folder = await createTestFolder();
  writeFileSync(join(folder, 'right.json'), right);
  writeFileSync(join(folder, 'wrong.json'), wrong);
  const entry = (id: string): string => `{ id: ${id}, url: "${agentUrl(far)}", keys: ${id}.json }`;
  writeFileSync(join(folder, 'agents.yaml'), `agents: [${entry('right')}, ${entry('wrong')}]`);
  const third = await startTestNode({ settings, args: ['--agents', join(folder, 'agents.yaml')] });
  try {
    await waitUntil('both are settled', async () => {
      const views = await third.client.remoteAgents.list();
      return views.map(({ status }) => status).join() === 'healthy,failed';
    });
    assert.match((await third.client.remoteAgents.list())[1]?.reason ?? '', /cannot be trusted/);
  } finally {
    await third.close();
    await removeFolder(folder);
  }
});

test('whoever watches sees agents come and go', async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const watching = (async () => {
    for await (const change of near.client.agents.watch({ tag: 'watched' }, stop.signal)) {
      seen.push(change.kind === 'gone' ? 'gone' : change.agent.status);
    }
  })().catch(() => {});
  await near.client.remoteAgents.add({ url: agentUrl(far), id: 'watched', tags: ['watched'] });
  await waitUntil('it is seen healthy', () => seen.includes('healthy'));
  await near.client.remoteAgents.remove('watched');
  await waitUntil('it is seen to go', () => seen.at(-1) === 'gone');
  stop.abort();
  await watching;
});

test('a task goes on at the other server while this node is killed, or stopped, and started again', async () => {
  for (const end of ['kill', 'close'] as const) {
    const dataFolder = await createTestFolder();
    const first = await startTestNode({ dataFolder, settings });
    await first.client.remoteAgents.add({ url: agentUrl(far), id: 'steady' });
    await waitUntil('it is healthy', async () => (await first.client.agents.describe('steady')).status === 'healthy');
    const parts = [{ data: { count: 30, delayMs: 100 } }];
    const message = { messageId: `restart-${end}`, role: 'user', parts, metadata: { skill: 'chunks' } } as const;
    const sent = await first.client
      .agent('steady')
      .send({ message, configuration: { returnImmediately: true } }, never);
    assert.ok(sent.kind === 'task');
    const { id } = sent.task;
    const piecesOf = async (node: TestNode): Promise<number> =>
      (await node.client.agent('steady').getTask(id)).artifacts.flatMap((artifact) => artifact.parts).length;
    await waitUntil('some pieces are there', async () => (await piecesOf(first)) >= 3);
    await first[end]();
    const second = await startTestNode({ dataFolder, settings });
    try {
      await waitUntil('the task has ended', async () => {
        const { state } = (await second.client.agent('steady').getTask(id)).status;
        return state === 'completed' || state === 'failed' || state === 'canceled';
      });
      const { status, artifacts } = await second.client.agent('steady').getTask(id);
      assert.equal(status.state, 'completed', JSON.stringify(status));
      const indexes = artifacts.flatMap(({ parts: pieces }) => pieces.map((part) => JSON.stringify(part)));
      assert.equal(indexes.length, 30);
      assert.equal(new Set(indexes).size, 30);
    } finally {
      await second.close();
      await removeFolder(dataFolder);
    }
  }
});
