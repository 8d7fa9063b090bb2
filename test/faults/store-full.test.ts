import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../support/wait-until.ts';
import { type Answer, getTask, isEnded, send, taskOf } from './a2a-calls.ts';
import { type CountingAgents, writeCountingAgents } from './counting-agents.ts';
import { type NodeProgram, startNodeProgram } from './node-program.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { createSmallDisk, type SmallDisk } from './small-disk.ts';

const enoughRefusals = 5;
const maxCalls = 2_000;

interface Bench {
  readonly disk: SmallDisk;
  readonly agents: CountingAgents;
  start(): NodeProgram;
}

test('a full disk refuses work in so many words; with space again everything goes on', {
  timeout: 120_000,
}, async (t) => {
  const bench = await createBench(t);
  if (!bench) return t.skip('this machine lets us neither mount a small disk nor limit a process');
  const { disk, agents } = bench;
  const node = bench.start();
  await node.ready;
  const url = await node.up;
  const agent = `${url}/a2a/once`;
  const running = taskOf(await send(agent, { data: { ms: 500 }, returnImmediately: true }));
  assert.ok(running);
  await waitUntil('the work has begun', () => agents.executions().some(({ task }) => task === running.id));

  disk.fill(node.pid);
  const acknowledged = await callUntilRefused(agent);
  await waitUntil('the work is done', () => agents.executions().some(({ done }) => done === running.id));
  acknowledged.push(...(await callUntilRefused(agent)));
  assert.equal((await fetch(`${url}/health`)).status, 200);
  assert.equal((await getTask(agent, running.id)).status, 200);

  disk.free(node.pid);
  acknowledged.push(running.id, await callUntilDone(agent));
  const ends = await untilEnded(agent, acknowledged);
  t.diagnostic(`what was running ended as ${ends.at(-2)}`);
  const times = agents.executions().filter(({ task }) => task === running.id);
  assert.equal(times.length, 1, 'what was running when the disk was full was not done again');

  await node.kill();
  const next = bench.start();
  const nextAgent = `${await next.up}/a2a/once`;
  assert.deepEqual(await untilEnded(nextAgent, acknowledged), ends);
  await next.ready;
  assert.equal(taskOf(await send(nextAgent, { data: { ms: 0 } }))?.status.state, 'TASK_STATE_COMPLETED');
});

async function createBench(t: TestContext): Promise<Bench | undefined> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const disk = createSmallDisk(folder, after);
  if (!disk) return undefined;
  const agents = await writeCountingAgents(folder);
  let node: NodeProgram | undefined;
  after(() => node?.kill());
  const start = (): NodeProgram => {
    node = startNodeProgram({ dataFolder: join(disk.path, 'data'), deploy: agents.folders });
    return node;
  };
  return { disk, agents, start };
}

/** Ids of the tasks that were acknowledged before enough was refused. Every refusal says why. */
async function callUntilRefused(agent: string): Promise<string[]> {
  const acknowledged: string[] = [];
  let refusals = 0;
  for (let call = 0; call < maxCalls && refusals < enoughRefusals; call++) {
    const answer = await send(agent, { data: { ms: 0 } });
    const task = taskOf(answer);
    if (task) acknowledged.push(task.id);
    else refusals += checkRefusal(answer);
  }
  assert.equal(refusals, enoughRefusals, 'a full disk refuses work');
  return acknowledged;
}

function checkRefusal({ status, body }: Answer): 1 {
  assert.equal(status, 507, JSON.stringify(body));
  assert.match(JSON.stringify(body), /STORE_FULL/);
  return 1;
}

/** Calls until the store takes work again. Gives the id of the task that it did. */
async function callUntilDone(agent: string): Promise<string> {
  let id: string | undefined;
  await waitUntil('the store takes work again', async () => {
    const task = taskOf(await send(agent, { data: { ms: 0 } }));
    id = task?.status.state === 'TASK_STATE_COMPLETED' ? task.id : undefined;
    return id !== undefined;
  });
  return id ?? '';
}

/** How each task ended: its state, and the code of a failure. */
async function untilEnded(agent: string, ids: readonly string[]): Promise<readonly string[]> {
  const ends: string[] = [];
  for (const id of ids) {
    await waitUntil(`task ${id} ends`, async () => {
      const task = taskOf(await getTask(agent, id));
      assert.ok(task, `task ${id} was acknowledged`);
      if (!isEnded(task)) return false;
      const code = task.status.message?.metadata?.code;
      assert.ok(task.status.state === 'TASK_STATE_COMPLETED' || code === 'OUTCOME_UNKNOWN');
      ends.push(`${task.status.state} ${code ?? ''}`);
      return true;
    });
  }
  return ends;
}
