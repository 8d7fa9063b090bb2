import assert from 'node:assert/strict';
import type { TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { getTask, isEnded, send, taskOf, type WireTask } from './a2a-calls.ts';
import type { Fabric } from './two-nodes.ts';

/** Where the node has that agent. */
export function agentOn(node: Pick<TestNode, 'url'>, agent: string): string {
  return `${node.url}/a2a/${agent}`;
}

/** A message that has an agent of the fabric work until the gate is open. */
export function work(fabric: Fabric, gate: string, chunks = 0): { skill: string; data: Record<string, unknown> } {
  return { skill: 'work', data: { gate: fabric.gate(gate), chunks } };
}

/** Sends it without waiting for its end; the task's id. */
export async function begin(
  node: Pick<TestNode, 'url'>,
  agent: string,
  message: Parameters<typeof send>[1],
): Promise<string> {
  const task = taskOf(await send(agentOn(node, agent), { ...message, returnImmediately: true }));
  assert.ok(task, 'the send gave a task');
  return task.id;
}

/** How it ended: the code when it failed. */
export function outcomeOf({ status }: WireTask): string {
  return status.message?.metadata?.code ?? status.state;
}

/** The tasks as that node shows them, once they have ended. */
export async function untilAllEnded(
  node: Pick<TestNode, 'url'>,
  agent: string,
  ids: readonly string[],
): Promise<readonly WireTask[]> {
  const look = async (): Promise<readonly WireTask[]> => {
    const answers = await Promise.all(ids.map((id) => getTask(agentOn(node, agent), id)));
    return answers.map(taskOf).filter((task) => task !== undefined && isEnded(task)) as WireTask[];
  };
  await waitUntil(`${ids.length} tasks of ${agent} have ended`, async () => (await look()).length === ids.length);
  return look();
}
