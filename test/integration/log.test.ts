import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deployHealthy, fixtureAgent, runParley, startTestNode, type TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

let node: TestNode;

before(async () => {
  node = await startTestNode({ settings: { log: { relay: true } } });
});

after(async () => {
  await node.close();
});

async function parley(...args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await runParley(...args, '--url', node.url, '--token', node.token, '-o', 'json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

interface RecordView {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

async function eventsOf(taskId: string): Promise<readonly RecordView[]> {
  return (await node.client.log.read({ topic: 'task-events', key: taskId, limit: 100 }))
    .records as readonly RecordView[];
}

/** A task of the fabric's own agent; answers its id. */
async function sendOne(): Promise<string> {
  await runParley('send', 'parley', 'who is there?', '--url', node.url, '--token', node.token);
  const { tasks } = await node.client.tasks.list({ pageSize: 1 });
  return tasks[0]?.id ?? '';
}

test('topics are created, altered and listed, and fewer partitions are refused', async () => {
  await parley('log', 'topics', 'create', 'jobs', '--partitions', '2');
  await parley('log', 'topics', 'alter', 'jobs', '--partitions', '4', '--keep-days', '3');
  const { topics } = (await parley('log', 'topics', 'list')) as { topics: { name: string }[] };
  const jobs = topics.find(({ name }) => name === 'jobs');
  assert.deepEqual(jobs, { name: 'jobs', partitions: 4, retentionMs: 3 * 24 * 3_600_000, isCompacted: false });
  const refused = await runParley(
    'log',
    'topics',
    'alter',
    'jobs',
    '--partitions',
    '1',
    '--url',
    node.url,
    '--token',
    node.token,
  );
  assert.equal(refused.code === 0, false);
  assert.match(refused.stderr, /has 4 partitions; they can only become more/);
});

test('topics that are the fabric’s own are made by nobody else, and a partition that is not there is an error', async () => {
  const access = ['--url', node.url, '--token', node.token];
  const own = await runParley('log', 'topics', 'create', '_party-keys', ...access);
  assert.match(own.stderr, /_party-keys does, belong to the fabric itself/);
  await parley('log', 'topics', 'create', 'narrow', '--partitions', '2');
  for (const args of [
    ['log', 'read', 'narrow', '--partition', '2'],
    ['log', 'replay', 'narrow', '--to', 'jobs', '--partition', '2'],
    ['log', 'replay', 'narrow', '--group', 'billing', '--partition', '2'],
  ]) {
    const { code, stderr } = await runParley(...args, ...access);
    assert.deepEqual([code, /narrow has no partition 2/.test(stderr)], [1, true], stderr);
  }
});

test('a topic is shown with what is left for a group', async () => {
  await parley('log', 'topics', 'create', 'shown', '--partitions', '2');
  const taskId = await sendOne();
  await waitUntil('it is relayed', async () => (await eventsOf(taskId)).length > 0);
  const { copied } = await node.client.log.copy({ topic: 'task-events', to: 'shown', isDry: false });
  const args = ['log', 'topics', 'show', 'shown', '--group', 'billing'];
  const { ranges, positions } = (await parley(...args)) as {
    ranges: { endOffset: number }[];
    positions: { lag: number }[];
  };
  assert.equal(
    ranges.reduce((sum, { endOffset }) => sum + endOffset, 0),
    copied,
  );
  assert.equal(
    positions.reduce((sum, { lag }) => sum + lag, 0),
    copied,
  );
  const { stdout } = await runParley(...args, '--url', node.url, '--token', node.token);
  assert.match(stdout, /^shown, kept: as configured\n\nPARTITION +OLDEST +NEXT +GROUP AT +LAG\n0 +0 +\d+ +- +\d+\n/);
});

test('what happens to a task is in the log, in order, and read by its id or its correlation id', async () => {
  const taskId = await sendOne();
  await waitUntil('its end is relayed', async () =>
    (await eventsOf(taskId)).some(({ text }) => text.includes('completed')),
  );
  const events = await eventsOf(taskId);
  assert.deepEqual(
    events.map(({ headers }) => headers['sequence']),
    events.map((_, index) => String(index + 1)),
  );
  const correlationId = events[0]?.headers['correlation-id'] ?? '';
  const found = await node.client.log.read({ topic: 'task-events', correlationId, limit: 100 });
  assert.equal(found.records.length, events.length);
  const { key } = (await parley('log', 'read', 'task-events', '--key', taskId, '--limit', '1')) as RecordView;
  assert.equal(key, taskId);
});

test('a task that an agent has sent names the task that it was sent in', async () => {
  await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('guarded') } });
  const asked = JSON.stringify({ agent: 'parley', skill: 'agent_discovery' });
  const access = ['--url', node.url, '--token', node.token, '-o', 'json'];
  const sent = await runParley('send', 'guarded', '--skill', 'pass', '--data', asked, ...access);
  assert.equal(sent.code, 0, sent.stderr);
  const { tasks } = await node.client.tasks.list({ pageSize: 2 });
  const [parent, child] = ['guarded', 'parley'].map((agentId) => tasks.find((task) => task.agentId === agentId)?.id);
  await waitUntil('both are relayed', async () => {
    const found = await Promise.all([eventsOf(parent ?? ''), eventsOf(child ?? '')]);
    return found.every((events) => events.some(({ text }) => text.includes('completed')));
  });
  const causes = (await eventsOf(child ?? '')).map(({ headers }) => headers['causation-id']);
  assert.deepEqual([...new Set(causes)], [parent, undefined], 'with the first event, and with no other');
  assert.equal((await eventsOf(parent ?? ''))[0]?.headers['causation-id'], undefined);
});

test('a topic that is not there is an error that says how to make it', async () => {
  const { code, stderr } = await runParley('log', 'read', 'nothing', '--url', node.url, '--token', node.token);
  assert.notEqual(code, 0);
  assert.match(stderr, /There is no topic nothing\. Create it with/);
});

test('a topic is replayed into another, first dry; a group is set back; into itself is refused', async () => {
  for (const name of ['orders', 'orders-again']) await parley('log', 'topics', 'create', name, '--partitions', '2');
  await node.client.log.copy({ topic: 'task-events', to: 'orders', isDry: false });
  const { ranges } = await node.client.log.topic('orders');
  const count = ranges.reduce((sum, { endOffset }) => sum + endOffset, 0);
  assert.ok(count > 0);
  const dry = (await parley('log', 'replay', 'orders', '--to', 'orders-again', '--dry-run')) as { copied: number };
  assert.equal(dry.copied, count);
  assert.equal((await node.client.log.read({ topic: 'orders-again', limit: 1 })).records.length, 0);
  const done = (await parley('log', 'replay', 'orders', '--to', 'orders-again')) as { copied: number; isEnd: boolean };
  assert.deepEqual([done.copied, done.isEnd], [count, true]);
  const { moves } = (await parley('log', 'replay', 'orders', '--group', 'billing')) as { moves: { pending: number }[] };
  assert.equal(
    moves.reduce((sum, { pending }) => sum + pending, 0),
    count,
  );
  const access = ['--url', node.url, '--token', node.token];
  const refused = await runParley('log', 'replay', 'orders', '--to', 'orders', ...access);
  assert.match(refused.stderr, /cannot be replayed into itself/);
  assert.notEqual((await runParley('log', 'replay', 'orders', ...access)).code, 0);
});
