import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedis, type TestRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { getTask, isEnded, taskOf, type WireTask } from './a2a-calls.ts';
import { type CountingAgents, writeCountingAgents } from './counting-agents.ts';
import { startNodeProgram } from './node-program.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { countingCallers, TaskLoad } from './task-load.ts';

/** Longer than anything but a commit waits for Redis. */
const outageMs = Number(process.env['PARLEY_FAULT_OUTAGE_MS'] ?? 8_000);

interface Bench {
  readonly redis: TestRedis;
  readonly agents: CountingAgents;
  readonly load: TaskLoad;
  readonly url: string;
}

test('a node goes on by itself after Redis was away: no acknowledged task is lost or done twice', {
  ...requires('redis'),
  timeout: 180_000 + 2 * outageMs,
}, async (t) => {
  const { redis, agents, load, url } = await createBench(t);
  for (const end of [redis.kill, redis.stop]) {
    await load.more(30);
    await end();
    await waitUntil('health says so', async () => (await storeState(url)) === 'connecting');
    await checkBoundedAnswer(url);
    await delay(outageMs);
    await redis.restart();
    await waitUntil('health says so', async () => (await storeState(url)) === 'ready');
  }
  await load.more(30);
  await load.stop();
  const tasks = await untilAllEnded(load, url);
  const executions = agents.executions().filter(({ task }) => task !== undefined);
  const done = executions.map(({ task }) => task);
  // What is declared idempotent may be done again when nobody knows what became of it.
  const twice = executions.filter(({ agent, task }, index) => agent !== 'again' && done.indexOf(task) !== index);
  assert.deepEqual(twice, []);
  for (const { id, status } of tasks) {
    if (status.state === 'TASK_STATE_COMPLETED') assert.ok(done.includes(id), `task ${id} was really done`);
  }
  const states = Map.groupBy(tasks, ({ status }) => status.state);
  t.diagnostic([...states].map(([state, all]) => `${all.length} ${state}`).join(', '));
});

async function createBench(t: TestContext): Promise<Bench> {
  const redis = await startRedis(t, { settings: { appendfsync: 'always' } });
  const after = createAfter(t);
  const folder = await createFolder(after);
  const agents = await writeCountingAgents(folder);
  const dataFolder = join(folder, 'data');
  mkdirSync(dataFolder, { mode: 0o700 });
  const config = { store: { url: redis.url }, grpc: { port: 0 }, log: { level: 'silent' } };
  writeFileSync(join(dataFolder, 'config.yaml'), JSON.stringify(config));
  const load = new TaskLoad(countingCallers(Math.random));
  const node = startNodeProgram({ dataFolder, deploy: agents.folders });
  after(async () => {
    await load.stop();
    await node.kill();
  });
  await node.ready;
  load.turnTo(node.up);
  return { redis, agents, load, url: await node.up };
}

async function storeState(url: string): Promise<string> {
  const health = (await (await fetch(`${url}/health`)).json()) as { store: { state: string } };
  return health.store.state;
}

/** Without a store nothing is acknowledged; who asks is told within bounded time, or answered when it is there again. */
async function checkBoundedAnswer(url: string): Promise<void> {
  const beginMs = performance.now();
  const { status, body } = await getTask(`${url}/a2a/once`, 'none');
  assert.ok(performance.now() - beginMs < 15_000, 'the answer came in time');
  assert.equal(status, 503, JSON.stringify(body));
}

async function untilAllEnded(load: TaskLoad, url: string): Promise<readonly WireTask[]> {
  const tasks: WireTask[] = [];
  for (const { agent, id } of load.acknowledged.values()) {
    const find = async (): Promise<WireTask> => {
      const answer = await getTask(`${url}/a2a/${agent}`, id);
      return taskOf(answer) ?? assert.fail(`task ${id} was acknowledged; now: ${JSON.stringify(answer)}`);
    };
    let task = await find();
    await waitUntil(`task ${id} of ${agent} ends`, async () => {
      if (!isEnded(task)) task = await find();
      return isEnded(task);
    });
    tasks.push(task);
  }
  return tasks;
}
