import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { waitUntil } from '../support/wait-until.ts';
import { getTask, isEnded, taskOf, type WireTask } from './a2a-calls.ts';
import { type CountingAgents, type Execution, writeCountingAgents } from './counting-agents.ts';
import { type NodeProgram, startNodeProgram, untilGone } from './node-program.ts';
import { createAfter, createFolder } from './runtime-fixture.ts';
import { type AcknowledgedTask, countingCallers, TaskLoad } from './task-load.ts';

const kills = Number(process.env['PARLEY_FAULT_KILLS'] ?? 20);
const seed = Number(process.env['PARLEY_FAULT_SEED'] ?? Date.now() % 1_000_000);
/** Median of all starts; one alone may meet whatever else this machine does. */
const startBudgetMs = 2_000;
const longestStartMs = 10_000;

interface Bench {
  readonly agents: CountingAgents;
  readonly load: TaskLoad;
  readonly random: () => number;
  /** How long each start took until the front door answered, in ms. */
  readonly startTimes: number[];
  start(): NodeProgram;
}

test('a node killed at random points under load loses no acknowledged task and does nothing twice', {
  timeout: 60_000 + kills * 15_000,
}, async (t) => {
  t.diagnostic(`${kills} kills, PARLEY_FAULT_SEED=${seed}`);
  const bench = await createBench(t);
  const { load, agents } = bench;
  let node = bench.start();
  await node.ready;
  load.turnTo(node.up);
  for (let round = 1; round <= kills; round++) {
    const before = agents.executions().length;
    await killAtRandom(bench, node, round);
    await untilGone([
      ...new Set(
        agents
          .executions()
          .slice(before)
          .map(({ pid }) => pid),
      ),
    ]);
    node = await startAgain(bench);
  }
  await load.more(10);
  assert.deepEqual(await node.ready, { again: 'healthy', once: 'healthy', parley: 'healthy', program: 'healthy' });
  await load.stop();
  const tasks = await untilAllEnded(load, await node.up);
  checkOutcomes(tasks, agents.executions());
  report(t, bench, tasks);
});

async function createBench(t: TestContext): Promise<Bench> {
  const after = createAfter(t);
  const folder = await createFolder(after);
  const agents = await writeCountingAgents(folder);
  const random = createRandom(seed);
  const load = new TaskLoad(countingCallers(random));
  let node: NodeProgram | undefined;
  after(async () => {
    await load.stop();
    await node?.kill();
  });
  const start = (): NodeProgram => {
    node = startNodeProgram({ dataFolder: join(folder, 'data'), deploy: agents.folders });
    return node;
  };
  return { agents, load, random, startTimes: [], start };
}

/** Under load, or, every fourth time, soon after its start: while it takes up what the last one left. */
async function killAtRandom({ load, random, start }: Bench, node: NodeProgram, round: number): Promise<void> {
  if (round % 4 === 0) {
    await node.kill();
    const short = start();
    await delay(random() * 1_000);
    return short.kill();
  }
  await load.more(1 + Math.floor(random() * 40));
  await delay(random() * 30);
  await node.kill();
}

/** The next node, once its front door answers for the agents, and every task that has not ended was found on it. */
async function startAgain({ load, startTimes, start }: Bench): Promise<NodeProgram> {
  const beginMs = performance.now();
  const node = start();
  const url = await node.up;
  const [health, missing] = await Promise.all([fetch(`${url}/health`), fetch(`${url}/a2a/once/tasks/none`)]);
  const tookMs = performance.now() - beginMs;
  assert.deepEqual([health.status, missing.status], [200, 404]);
  assert.ok(tookMs < longestStartMs, `the front door answered after ${Math.round(tookMs)} ms`);
  startTimes.push(tookMs);
  load.turnTo(node.up);
  for (const task of load.acknowledged.values()) if (!load.ended.has(task.id)) await find(load, url, task);
  await node.ready;
  return node;
}

async function find(load: TaskLoad, url: string, { agent, id }: AcknowledgedTask): Promise<WireTask> {
  const answer = await getTask(`${url}/a2a/${agent}`, id);
  const task = taskOf(answer);
  assert.ok(task, `task ${id} of ${agent} was acknowledged; now: ${answer.status} ${JSON.stringify(answer.body)}`);
  const before = load.ended.get(id);
  if (before !== undefined) assert.equal(task.status.state, before, `task ${id} of ${agent} had ended already`);
  if (isEnded(task)) load.ended.set(id, task.status.state);
  return task;
}

type FoundTask = WireTask & Pick<AcknowledgedTask, 'agent'>;

async function untilAllEnded(load: TaskLoad, url: string): Promise<readonly FoundTask[]> {
  const tasks: FoundTask[] = [];
  for (const acknowledged of load.acknowledged.values()) {
    let task = await find(load, url, acknowledged);
    await waitUntil(`task ${task.id} of ${acknowledged.agent} ends`, async () => {
      if (!isEnded(task)) task = await find(load, url, acknowledged);
      return isEnded(task);
    });
    tasks.push({ ...task, agent: acknowledged.agent });
  }
  return tasks;
}

function checkOutcomes(tasks: readonly FoundTask[], executions: readonly Execution[]): void {
  const work = Map.groupBy(
    executions.filter((execution) => execution.task !== undefined),
    ({ task }) => task,
  );
  for (const [task, times] of work) {
    const [first, ...more] = times;
    for (const { invocation } of more) assert.equal(invocation, first?.invocation, `task ${task} has one invocation`);
    if (first?.agent !== 'again') assert.equal(times.length, 1, `task ${task} of ${first?.agent} was done once`);
  }
  for (const { id, agent, status } of tasks) {
    if (status.state === 'TASK_STATE_COMPLETED') assert.ok(work.has(id), `task ${id} of ${agent} was really done`);
    else assert.equal(status.message?.metadata?.code, 'OUTCOME_UNKNOWN', `task ${id} of ${agent}: ${status.state}`);
    if (agent === 'again') assert.equal(status.state, 'TASK_STATE_COMPLETED', `task ${id} may be done again`);
  }
  if (kills >= 5) {
    assert.ok(
      [...work.values()].some((times) => times.length > 1),
      'something was done again',
    );
    assert.ok(
      tasks.some(({ status }) => status.state === 'TASK_STATE_FAILED'),
      'some outcome is unknown',
    );
  }
}

function report(t: TestContext, { agents, startTimes }: Bench, tasks: readonly FoundTask[]): void {
  const unknown = tasks.filter(({ status }) => status.state === 'TASK_STATE_FAILED').length;
  const sorted = startTimes.toSorted((a, b) => a - b);
  const median = Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0);
  assert.ok(median < startBudgetMs, `the front door answered after ${median} ms`);
  const done = agents.executions().filter(({ task }) => task !== undefined).length;
  t.diagnostic(
    `${tasks.length} tasks acknowledged, ${done} executions, ${unknown} unknown; start to answer ${median} ms, at most ${Math.round(sorted.at(-1) ?? 0)} ms`,
  );
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function createRandom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
