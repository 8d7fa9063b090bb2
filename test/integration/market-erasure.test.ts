import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createShortId } from '../../src/base/index.ts';
import type { LogErasure } from '../../src/control/index.ts';
import { startKafka } from '../support/kafka-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder, runParley, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What a node is told of the log beside that all of it is sealed, in which Redis or Kafka it is. */
type LogPlace = Readonly<Record<string, string>>;

const topics = ['task-requests', 'task-responses', 'negotiations', 'task-awards', 'task-events'] as const;

/** An agent that bids, does the work itself, and has another agent help it. */
const manifest = `name: bidder
version: 1.0.0
runtime: node24
market: {provider: {capabilities: [data_processing], executes: true}, executor: {skill: work, own: true}}
exports:
  - {name: work, handler: agent.work, idempotent: true}
`;
const code = `export const work = async ({ text }, context) => {
  await context.call('helper', { text });
  return { said: text };
};`;
const helperManifest = `name: helper
version: 1.0.0
runtime: node24
exports:
  - {name: help, handler: agent.help}
`;

async function folderOf(context: TestContext): Promise<string> {
  const folder = await createTestFolder();
  context.after(() => removeFolder(folder));
  return folder;
}

async function packageOf(context: TestContext, agent: string, program: string): Promise<string> {
  const folder = await folderOf(context);
  await writeFile(join(folder, 'agent.yaml'), agent);
  await writeFile(join(folder, 'agent.js'), program);
  return folder;
}

async function startFleet(context: TestContext, place: LogPlace): Promise<TestNode> {
  const agents = [
    await packageOf(context, manifest, code),
    await packageOf(context, helperManifest, 'export const help = ({ text }) => text.length;'),
  ];
  const settings = {
    ...{ log: { relay: true, sealed: true, ...place }, market: { sealed: true } },
    store: { prefix: createShortId() },
  };
  const args = agents.flatMap((agent) => ['--deploy', agent]);
  const node = await startTestNode({ dataFolder: await folderOf(context), settings, args });
  context.after(() => node.kill());
  await node.ready;
  return node;
}

/** Somebody who has no key asks; answers when it is done. */
async function askAnonymously({ url }: TestNode, text: string): Promise<string> {
  const message = { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text }] };
  const answer = await fetch(`${url}/a2a/market/message:send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'a2a-version': '1.0' },
    body: JSON.stringify({ message }),
  });
  return JSON.stringify(await answer.json());
}

/** All that the log has, as operators read it, or as it lies there. */
async function readAll({ client }: TestNode, raw: boolean): Promise<string> {
  const texts: string[] = [];
  for (const topic of topics) {
    const { records } = await client.log.read({ topic, limit: 1_000, raw });
    for (const { text, base64 = '', value } of records) {
      texts.push(text ?? JSON.stringify(value ?? Buffer.from(base64, 'base64').toString('latin1')));
    }
  }
  return texts.join('\n');
}

/** Rebuilds from the log alone, and compares; answers what is different, and how much is equal. */
async function verify(context: TestContext, node: TestNode): Promise<{ equal: number; different: unknown }> {
  const again = join(await folderOf(context), 'again');
  const rebuilt = await runParley('log', 'rebuild', '--into', again, '--data-folder', node.dataFolder);
  assert.equal(rebuilt.code, 0, rebuilt.stderr);
  const access = ['--url', node.url, '--token', node.token, '--data-folder', node.dataFolder, '-o', 'json'];
  const { stdout } = await runParley('log', 'verify', again, ...access);
  const { equal, different, missing } = JSON.parse(stdout) as { equal: number; different: []; missing: [] };
  return { equal, different: [...different, ...missing] };
}

async function erase(node: TestNode): Promise<LogErasure> {
  const access = ['--url', node.url, '--token', node.token, '-o', 'json'];
  const { stdout, stderr } = await runParley('log', 'erase', '--party', 'anonymous', ...access);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as LogErasure;
}

/** The states of all, once everything that has happened is in the log. */
async function untilPublished(node: TestNode): Promise<void> {
  await waitUntil('all of it is in the log', async () => {
    const { records } = await node.client.log.read({ topic: 'task-events', limit: 1_000 });
    for await (const { kind, id, version, hasEnded, state } of node.client.replay.states()) {
      if (!hasEnded || JSON.stringify(state).includes('"place":null')) return false;
      if (kind === 'task' && records.filter(({ key }) => key === id).length < version) return false;
    }
    return true;
  });
}

async function eraseOne(context: TestContext, place: LogPlace): Promise<void> {
  const node = await startFleet(context, place);
  const { client } = node;
  assert.match(await askAnonymously(node, 'data processing: what ann says'), /what ann says/);
  const of = await client.market.request({ description: 'data processing: what bob says', proposedCost: 30 });
  await waitUntil('the other is done, too', async () => (await client.market.show(of.taskId)).phase === 'completed');
  await untilPublished(node);
  const [ann] = (await client.market.list({ limit: 10 })).negotiations.filter(({ taskId }) => taskId !== of.taskId);
  const before = await client.market.show(ann?.taskId ?? '');
  assert.match(JSON.stringify(before.result), /what ann says/);
  assert.doesNotMatch(await readAll(node, true), /(ann|bob) says/, 'nobody reads it who has no keys');
  const open = await readAll(node, false);
  for (const words of ['what ann says', 'what bob says']) assert.ok(open.includes(words), words);
  const { equal, different } = await verify(context, node);
  assert.deepEqual([different, equal > 5], [[], true]);

  const erased = await erase(node);
  assert.deepEqual([erased.keys, erased.negotiations, erased.open], [1, 1, []]);
  assert.equal(erased.tasks, 3, 'the call of the market, the work of the award, and what that called');

  const after = await client.market.show(before.taskId);
  assert.doesNotMatch(JSON.stringify(after), /ann says/);
  const course = ({ phase, awards, createdAtMs }: typeof before): unknown => ({ phase, awards, createdAtMs });
  assert.deepEqual(course(after), course(before), 'who won it, when and at which price stays');
  const steps = ({ records }: typeof before): unknown =>
    records.map(({ topic, actorId, atMs }) => [topic, actorId, atMs]);
  assert.deepEqual(steps(after), steps(before));
  assert.equal(after.description, 'erased');
  assert.match(JSON.stringify(await client.market.show(of.taskId)), /what bob says/);
  const left = await readAll(node, false);
  assert.doesNotMatch(left, /ann says/);
  assert.match(left, /what bob says/);
  assert.deepEqual((await verify(context, node)).different, []);
  const again = await erase(node);
  assert.deepEqual([again.keys, again.tasks, again.negotiations], [0, 0, 0]);
  assert.match(await askAnonymously(node, 'data processing: what ann says later'), /says later/);
  await node.close();
}

const sentence =
  'of a party that is erased the log and the store keep how its negotiations went, and nothing of what they were about';

test(sentence, (context) => eraseOne(context, {}));

test(`${sentence}, in Redis`, requires('redis'), async (context) => {
  await eraseOne(context, { url: (await startRedis(context)).url });
});

test(`${sentence}, in Kafka`, requires('kafka'), async (context) => {
  await eraseOne(context, { url: (await startKafka(context)).url });
});
