import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { StreamItem } from '../../src/protocol/index.ts';
import { burnBeside, untilBurnt } from '../support/burn-beside.ts';
import { findProcesses, isRunning, readCpuTicks } from '../support/process-table.ts';
import { requires } from '../support/requires.ts';
import { deployHealthy, fixtureAgent, startTestNode, type TestNode, untilDeployment } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const needs = requires('procfs', 'python3');
/** A busy process gets hundreds of them while another uses `yardstickTicks`. */
const idleTicks = 4;
const yardstickTicks = 40;

interface Case {
  readonly agent: string;
  readonly skill: string;
  readonly title: string;
  /** What has become of the process: it goes on with other calls, or it is gone. */
  readonly process: 'kept' | 'gone';
}

const cases: readonly Case[] = [
  { agent: 'burner-node', skill: 'polite', title: 'a Node handler that heeds its signal', process: 'kept' },
  { agent: 'burner-node', skill: 'deaf', title: 'a Node handler that ignores its signal', process: 'gone' },
  { agent: 'burner-node', skill: 'blocked', title: 'a Node handler that blocks the event loop', process: 'gone' },
  { agent: 'burner-node', skill: 'child', title: 'a child program of a Node handler', process: 'gone' },
  { agent: 'burner-python', skill: 'polite', title: 'a Python coroutine', process: 'kept' },
  { agent: 'burner-python', skill: 'deaf', title: 'a Python coroutine that swallows it', process: 'gone' },
  { agent: 'burner-python', skill: 'thread', title: 'a Python thread', process: 'gone' },
];

let node: TestNode;

before(async () => {
  if (needs.skip !== false) return;
  node = await startTestNode();
  const agents = ['burner-node', 'burner-python', 'burner-program'];
  await Promise.all(
    agents.map((name) => deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent(name) } })),
  );
});

after(() => node?.close());

for (const { agent, skill, title, process } of cases) {
  test(`cancelling stops the work of ${title}`, needs, async () => {
    const { taskId, pid } = await startBurning(agent, skill);
    const [worker] = (await node.client.deployments.get(agent)).workers;
    await untilBurnt(pid, 10);
    await cancelAndWatch(agent, taskId, [pid]);
    assert.equal(isRunning(pid), process === 'kept');
    const view = await untilDeployment(node, agent, ({ status }) => status === 'healthy');
    assert.equal(view.workers[0]?.pid === worker?.pid, process === 'kept');
  });
}

test('cancelling stops a program and its child', needs, async () => {
  const agent = node.client.agent('burner-program');
  const item = await agent.send(createRequest('burn', true), AbortSignal.timeout(30_000));
  assert.ok(item.kind === 'task');
  const { id } = item.task;
  // Their environment says for which task they run.
  await waitUntil('the program has a child', () => findProcesses(id).length === 2);
  const pids = findProcesses(id);
  for (const pid of pids) await untilBurnt(pid, 10);
  await cancelAndWatch('burner-program', id, pids);
  assert.deepEqual(findProcesses(id), []);
});

/** The task ends as canceled, and from then on none of the processes gets anything done. */
async function cancelAndWatch(agent: string, taskId: string, pids: readonly number[]): Promise<void> {
  const task = await node.client.agent(agent).cancelTask(taskId);
  assert.equal(task.status.state, 'canceled');
  const earlier = pids.map((pid) => readCpuTicks(pid) ?? 0);
  await burnBeside(yardstickTicks);
  for (const [index, pid] of pids.entries()) {
    const used = (readCpuTicks(pid) ?? 0) - (earlier[index] ?? 0);
    assert.ok(used <= idleTicks, `process ${pid} used ${used} ticks after the cancel`);
  }
}

/** Begins a call; the process that does its work, once it has said who it is. */
async function startBurning(agent: string, skill: string): Promise<{ taskId: string; pid: number }> {
  const stop = new AbortController();
  try {
    for await (const item of node.client.agent(agent).stream(createRequest(skill, false), stop.signal)) {
      const said = readPid(item);
      if (said !== undefined) return said;
    }
  } finally {
    stop.abort();
  }
  throw new Error(`${agent} ended before it said its process`);
}

function readPid(item: StreamItem): { taskId: string; pid: number } | undefined {
  if (item.kind !== 'status' && item.kind !== 'task') return undefined;
  const { status } = item.kind === 'task' ? item.task : item.update;
  const taskId = item.kind === 'task' ? item.task.id : item.update.taskId;
  const [part] = status.message?.parts ?? [];
  return part && 'data' in part ? { taskId, ...(part.data as { pid: number }) } : undefined;
}

function createRequest(skill: string, returnImmediately: boolean) {
  const message = { messageId: randomUUID(), role: 'user', parts: [{ text: 'burn' }], metadata: { skill } } as const;
  return { message, configuration: { returnImmediately } };
}
