import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { StateView } from '../../src/base/index.ts';
import { createShortId } from '../../src/base/index.ts';
import type { LogRecordView } from '../../src/control/index.ts';
import { openDatabase } from '../../src/drivers/sqlite/index.ts';
import { startKafka } from '../support/kafka-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import {
  createTestFolder,
  exampleAgent,
  removeFolder,
  runParley,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const settings = { log: { relay: true, sealed: true } };

async function folderOf(context: TestContext): Promise<string> {
  const folder = await createTestFolder();
  context.after(() => removeFolder(folder));
  return folder;
}

async function startIn(context: TestContext, dataFolder: string, ...args: readonly string[]): Promise<TestNode> {
  const node = await startTestNode({ dataFolder, settings, args });
  context.after(() => node.kill());
  await node.ready;
  return node;
}

async function statesOf(node: TestNode): Promise<readonly StateView[]> {
  const states: StateView[] = [];
  for await (const state of node.client.replay.states()) states.push(state);
  return states.sort((one, other) => (one.id < other.id ? -1 : 1));
}

/** Tasks that end well, one that fails, and one whose text is too long to lie in the journal itself. */
async function work(node: TestNode): Promise<void> {
  const say = (text: string): Promise<unknown> =>
    runParley('send', 'wordcount', text, '--url', node.url, '--token', node.token);
  await Promise.all(['one', 'two words', 'three more words', 'x '.repeat(40_000)].map(say));
  await runParley('send', 'wordcount', '--data', '{"none":1}', '--url', node.url, '--token', node.token);
}

function isNegotiation({ kind }: StateView): boolean {
  return kind === 'negotiation';
}

/** One negotiation that ends well, and one that nobody takes, to the last record. */
async function negotiate(node: TestNode): Promise<void> {
  const access = ['--url', node.url, '--token', node.token];
  await runParley('market', 'request', 'Test data processing task: 3 5 8', '--cost', '75', ...access);
  await node.client.market.request({ description: 'Paint the fence', proposedCost: 500 });
  await waitUntil('both have ended', async () => {
    const { negotiations } = await node.client.market.list({ limit: 10 });
    return negotiations.length === 2 && negotiations.every(({ phase }) => phase === 'completed' || phase === 'failed');
  });
  await waitUntil('all of it was published', async () => {
    const found = (await statesOf(node)).filter(isNegotiation);
    return found.every(({ state }) => !JSON.stringify(state).includes('"place":null'));
  });
}

async function untilRelayed(node: TestNode, states: readonly StateView[]): Promise<void> {
  await waitUntil('all events are in the log', async () => {
    const records: LogRecordView[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await node.client.log.read({ topic: 'task-events', cursor, limit: 1_000 });
      records.push(...page.records);
      cursor = page.cursor;
      if (page.isEnd) break;
    }
    const relayed = (id: string): number => records.filter(({ key }) => key === id).length;
    const tasks = states.filter(({ kind }) => kind === 'task');
    return tasks.every(({ id, version }) => relayed(id) >= version);
  });
}

interface Verified {
  readonly equal: number;
  readonly incomplete: number;
  readonly different: readonly { id: string; differences: readonly { pointer: string }[] }[];
  readonly missing: readonly string[];
}

async function verify(node: TestNode, folder: string): Promise<{ code: number | null; found: Verified }> {
  const access = ['--url', node.url, '--token', node.token, '--data-folder', node.dataFolder, '-o', 'json'];
  const { code, stdout, stderr } = await runParley('log', 'verify', folder, ...access);
  assert.notEqual(stdout, '', stderr);
  return { code, found: JSON.parse(stdout) as Verified };
}

/** An agent that bids, and does the work itself. */
const bidder = `name: bidder
version: 1.0.0
runtime: node24
market: {provider: {capabilities: [data_processing], executes: true}, executor: {skill: work, own: true}}
exports:
  - {name: work, handler: agent.work, idempotent: true}
`;

async function writeBidder(context: TestContext): Promise<string> {
  const folder = await folderOf(context);
  await writeFile(join(folder, 'agent.yaml'), bidder);
  await writeFile(join(folder, 'agent.js'), 'export const work = ({ text }) => ({ length: text.length });');
  return folder;
}

test('after kill -9 and without its store, negotiations come back from the log alone, equal', async (context) => {
  const [home, again] = [await folderOf(context), join(await folderOf(context), 'again')];
  const node = await startIn(context, home, '--deploy', await writeBidder(context));
  await negotiate(node);
  const live = await statesOf(node);
  assert.equal(live.filter(isNegotiation).length, 2);
  await untilRelayed(node, live);
  await node.kill();
  for (const end of ['', '-wal', '-shm']) await rm(join(home, `store.sqlite${end}`), { force: true });
  const { code, stderr } = await runParley('log', 'rebuild', '--into', again, '--data-folder', home);
  assert.equal(code, 0, stderr);
  const second = await startIn(context, again);
  assert.deepEqual(await statesOf(second), live);
  await second.close();
});

test('after kill -9 and without its store, the state of all tasks comes back from the log alone, equal', async (context) => {
  const [home, again] = [await folderOf(context), join(await folderOf(context), 'again')];
  const node = await startIn(context, home, '--deploy', exampleAgent('wordcount'));
  await work(node);
  const live = await statesOf(node);
  assert.ok(live.length >= 5);
  await untilRelayed(node, live);
  await node.kill();
  for (const end of ['', '-wal', '-shm']) await rm(join(home, `store.sqlite${end}`), { force: true });
  const { code, stderr } = await runParley('log', 'rebuild', '--into', again, '--data-folder', home);
  assert.equal(code, 0, stderr);
  const second = await startIn(context, again, '--deploy', exampleAgent('wordcount'));
  assert.deepEqual(await statesOf(second), live);
  const { tasks } = await second.client.tasks.list({ agent: 'wordcount', pageSize: 50 });
  assert.equal(tasks.length, live.length, 'they are found as before');
  await second.close();
});

for (const kind of ['redis', 'kafka'] as const) {
  test(`the same from a log in ${kind}, negotiations and all`, requires(kind), async (context) => {
    // The market's topics have fixed names: in a log of its own nobody else negotiates.
    const { url } = await (kind === 'redis' ? startRedis(context) : startKafka(context));
    const [home, again] = [await folderOf(context), join(await folderOf(context), 'again')];
    const own = { ...settings.log, url };
    const node = await startTestNode({
      ...{ dataFolder: home, settings: { log: own, store: { prefix: createShortId() } } },
      args: ['--deploy', exampleAgent('wordcount'), '--deploy', await writeBidder(context)],
    });
    context.after(() => node.kill());
    await node.ready;
    await work(node);
    await negotiate(node);
    const live = await statesOf(node);
    assert.equal(live.filter(isNegotiation).length, 2);
    await untilRelayed(node, live);
    assert.equal((await runParley('log', 'rebuild', '--into', again, '--data-folder', home)).code, 0);
    const { code, found } = await verify(node, again);
    assert.deepEqual([code, found.equal], [0, live.length]);
    await node.close();
  });
}

test('what was rebuilt is compared with the running node, and a state that differs is named by task and field', async (context) => {
  const [home, again] = [await folderOf(context), join(await folderOf(context), 'again')];
  const node = await startIn(context, home, '--deploy', exampleAgent('wordcount'));
  await work(node);
  const live = await statesOf(node);
  await untilRelayed(node, live);
  assert.equal((await runParley('log', 'rebuild', '--into', again, '--data-folder', home)).code, 0);
  const fine = await verify(node, again);
  assert.deepEqual([fine.code, fine.found.equal, fine.found.incomplete], [0, live.length, 0]);
  const database = openDatabase({ file: join(again, 'store.sqlite') });
  database
    .prepare('UPDATE journal SET events = replace(events, ?, ?) WHERE key = ?')
    .run('completed', 'failed', live[0]?.id ?? '');
  database.close();
  const wrong = await verify(node, again);
  assert.deepEqual([wrong.code, wrong.found.equal], [1, live.length - 1]);
  assert.deepEqual(
    wrong.found.different.map(({ id, differences }) => [id, differences[0]?.pointer]),
    [[live[0]?.id, '/status/state']],
  );
  const refused = await runParley('log', 'rebuild', '--into', again, '--data-folder', home);
  assert.match(refused.stderr, /has a store already/);
  await node.close();
});

test('a caller is erased: its tasks are gone, and the log says no more than that there were some', async (context) => {
  const home = await folderOf(context);
  const node = await startIn(context, home, '--deploy', exampleAgent('wordcount'));
  await work(node);
  const live = await statesOf(node);
  await untilRelayed(node, live);
  const access = ['--url', node.url, '--token', node.token];
  const read = async (): Promise<string> =>
    (await runParley('log', 'read', 'task-events', '--limit', '1000', ...access)).stdout;
  assert.match(await read(), /three more words/);
  const raw = await runParley('log', 'read', 'task-events', '--limit', '1000', '--raw', ...access);
  assert.doesNotMatch(raw.stdout, /three more words/);
  const { submitted } = live[0]?.state ?? {};
  const { owner } = submitted as { readonly owner: string };
  const erase = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await runParley('log', 'erase', '--party', owner, ...args, ...access, '-o', 'json')).stdout);
  const counts = { party: owner, keys: 1, tasks: live.length, negotiations: 0, open: [] };
  assert.deepEqual(await erase('--dry-run'), { ...counts, isDry: true });
  assert.deepEqual(await erase(), { ...counts, isDry: false });
  assert.doesNotMatch(await read(), /three more words/);
  assert.match(await read(), /completed/);
  assert.deepEqual(await statesOf(node), []);
  const { code, stdout } = await runParley('log', 'verify', ...access, '--data-folder', home);
  assert.equal(code, 0, stdout);
  await node.close();
});
