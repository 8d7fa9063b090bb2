import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requires } from '../support/requires.ts';
import type { TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { getTask, send, taskOf, type WireTask } from './a2a-calls.ts';
import { agentOn, begin, outcomeOf, untilAllEnded, work } from './node-tasks.ts';
import { StreamReader } from './stream-reader.ts';
import { createFabric, deployOn, leaseMs, untilKnown, untilNoted } from './two-nodes.ts';

const options = { ...requires('redis'), timeout: 120_000 };

test('a task is got, listed, followed and resumed through the node that does not have it', options, async (t) => {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  await deployOn(fabric.agents.once, a);
  await untilKnown(b, 'once');
  const first = StreamReader.send(agentOn(a, 'once'), work(fabric, 'go', 3));
  const id = await first.taskId;
  await waitUntil('three chunks have come', () => first.chunks.length === 3);
  const resumed = StreamReader.resume(agentOn(b, 'once'), id, '0');
  await waitUntil('the other node has sent them, too', () => resumed.chunks.length === 3);
  const behind = StreamReader.resume(agentOn(b, 'once'), id, first.lastEventId ?? '');
  assert.equal(taskOf(await getTask(agentOn(b, 'once'), id))?.status.state, 'TASK_STATE_WORKING');
  assert.deepEqual(await listedOn(b), [id]);
  fabric.open('go');
  await Promise.all([first.ended, resumed.ended, behind.ended]);
  assert.deepEqual([first.state, resumed.state, behind.state], Array(3).fill('TASK_STATE_COMPLETED'));
  assert.deepEqual(resumed.chunks, first.chunks);
  assert.deepEqual(
    behind.chunks.filter((chunk) => first.chunks.slice(0, 3).includes(chunk)),
    [],
  );
});

test('cancel through the other node really stops the work, wherever that runs', options, async (t) => {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  await deployOn(fabric.agents.once, a);
  await untilKnown(b, 'once');
  // The worker is on a. The task is a's and b cancels it, then it is b's and a cancels it.
  for (const [owner, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const id = await begin(owner, 'once', work(fabric, 'never'));
    await untilNoted(fabric, 'begin', id);
    const canceled = await fetch(`${agentOn(other, 'once')}/tasks/${id}:cancel`, {
      method: 'POST',
      headers,
      body: '{}',
    });
    assert.equal(((await canceled.json()) as WireTask).status.state, 'TASK_STATE_CANCELED');
    await untilNoted(fabric, 'stop', id);
    assert.equal(fabric.notes().filter((note) => note.task === id && note.what === 'end').length, 0);
  }
});

test('an answer through the other node reaches the agent, wherever that runs', options, async (t) => {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  await deployOn(fabric.agents.once, a);
  await untilKnown(b, 'once');
  for (const [owner, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const asked = taskOf(await send(agentOn(owner, 'once'), { skill: 'ask' }));
    assert.equal(asked?.status.state, 'TASK_STATE_INPUT_REQUIRED');
    const message = {
      messageId: `answer-${asked?.id}`,
      taskId: asked?.id,
      role: 'ROLE_USER',
      parts: [{ text: 'blue' }],
    };
    const answered = await fetch(`${agentOn(other, 'once')}/message:send`, {
      ...{ method: 'POST', headers, body: JSON.stringify({ message }) },
    });
    const { task } = (await answered.json()) as { task: WireTask & { artifacts: unknown } };
    assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
    assert.match(JSON.stringify(task.artifacts), /blue/);
  }
});

test('the same idempotency key on both nodes at once is one task, done once', options, async (t) => {
  const fabric = await createFabric(t);
  const nodes = await Promise.all([fabric.start('a'), fabric.start('b')]);
  await deployOn(fabric.agents.once, ...nodes);
  const body = JSON.stringify({
    message: { messageId: 'm', role: 'ROLE_USER', parts: [{ data: {} }], metadata: { skill: 'work' } },
  });
  const keyed = { ...headers, 'idempotency-key': 'one' };
  const answers = await Promise.all(
    [...nodes, ...nodes].map(async (node) => {
      const answer = await fetch(`${agentOn(node, 'once')}/message:send`, { method: 'POST', headers: keyed, body });
      const told = (await answer.json()) as { task?: WireTask };
      return told.task ?? assert.fail(`node ${node.url}: ${JSON.stringify(told)}`);
    }),
  );
  assert.equal(new Set(answers.map(({ id }) => id)).size, 1);
  assert.deepEqual(
    answers.map(({ status }) => status.state),
    Array(4).fill('TASK_STATE_COMPLETED'),
  );
  assert.equal(fabric.notes().filter(({ what }) => what === 'begin').length, 1);
});

test(
  'kill -9 of a node: within a lease another has its tasks, nothing with effect is done twice',
  options,
  async (t) => {
    const fabric = await createFabric(t);
    const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
    await deployOn(fabric.agents.once, a, b);
    await deployOn(fabric.agents.again, a, b);
    const held = work(fabric, 'go');
    // One in the worker of each node; the third waits.
    const running = [await begin(a, 'once', held), await begin(a, 'once', held)];
    const again = await begin(a, 'again', held);
    for (const id of [...running, again]) await untilNoted(fabric, 'begin', id);
    const waiting = await begin(a, 'once', held);
    const caller = StreamReader.resume(agentOn(b, 'again'), again, '0');
    await a.kill();
    const killedAtMs = Date.now();
    fabric.open('go');
    const ofOnce = await untilAllEnded(b, 'once', [...running, waiting]);
    const [repeated] = await untilAllEnded(b, 'again', [again]);
    const tookMs = Date.now() - killedAtMs;
    t.diagnostic(`all had ended ${tookMs} ms after the kill; the lease is ${leaseMs} ms`);
    assert.ok(tookMs < 4 * leaseMs, `it took ${tookMs} ms`);
    assert.deepEqual(ofOnce.map(outcomeOf), ['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN', 'TASK_STATE_COMPLETED']);
    assert.equal(repeated && outcomeOf(repeated), 'TASK_STATE_COMPLETED');
    await caller.ended;
    assert.equal(caller.state, 'TASK_STATE_COMPLETED');
    const begun = (id: string): readonly string[] =>
      fabric.notes().flatMap(({ what, task, invocation }) => (what === 'begin' && task === id ? [invocation] : []));
    for (const id of [...running, waiting]) assert.equal(begun(id).length, 1, 'done once');
    assert.equal(new Set(begun(again)).size, 1, 'done again under the same invocation id');
  },
);

test('kill -9 of the node whose worker does the work: the one with the task goes on or says so', options, async (t) => {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  await deployOn(fabric.agents.once, a);
  await deployOn(fabric.agents.again, a);
  await untilKnown(b, 'once');
  await untilKnown(b, 'again');
  const once = await begin(b, 'once', work(fabric, 'go'));
  const again = await begin(b, 'again', work(fabric, 'go'));
  for (const id of [once, again]) await untilNoted(fabric, 'begin', id);
  await deployOn(fabric.agents.again, b);
  await a.kill();
  fabric.open('go');
  const [lost] = await untilAllEnded(b, 'once', [once]);
  const [repeated] = await untilAllEnded(b, 'again', [again]);
  assert.deepEqual(
    [lost, repeated].map((task) => task && outcomeOf(task)),
    ['OUTCOME_UNKNOWN', 'TASK_STATE_COMPLETED'],
  );
});

test(
  'a node that was held still and lost its tasks writes nothing more, says so, and then works again',
  options,
  async (t) => {
    const fabric = await createFabric(t);
    const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
    await deployOn(fabric.agents.once, a, b);
    const id = await begin(a, 'once', work(fabric, 'go', 1));
    await untilNoted(fabric, 'begin', id);
    process.kill(a.pid, 'SIGSTOP');
    const [taken] = await untilAllEnded(b, 'once', [id]);
    assert.equal(taken?.status.message?.metadata?.code, 'OUTCOME_UNKNOWN');
    fabric.open('go');
    process.kill(a.pid, 'SIGCONT');
    await waitUntil('the node says that it has lost its lease', () => a.output().includes('has lost its lease'));
    await waitUntil('the node has its lease again', () => a.output().includes('has its lease again'));
    const after = taskOf(await getTask(agentOn(a, 'once'), id));
    assert.deepEqual(after?.status, taken?.status);
    assert.equal(taskOf(await send(agentOn(a, 'once'), work(fabric, 'go')))?.status.state, 'TASK_STATE_COMPLETED');
  },
);

test('a node that had lost its tasks hears the commands of other nodes again', options, async (t) => {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  await deployOn(fabric.agents.once, a, b);
  const cancelThroughOther = async (): Promise<void> => {
    const id = await begin(a, 'once', work(fabric, 'never'));
    await untilNoted(fabric, 'begin', id);
    const url = `${agentOn(b, 'once')}/tasks/${id}:cancel`;
    assert.equal((await fetch(url, { method: 'POST', headers, body: '{}' })).status, 200);
    await untilNoted(fabric, 'stop', id);
  };
  await cancelThroughOther();
  await cancelThroughOther();
  process.kill(a.pid, 'SIGSTOP');
  await waitUntil('the other node has taken over', () => b.output().includes('has taken over what another one left'));
  process.kill(a.pid, 'SIGCONT');
  await waitUntil('the node has its lease again', () => a.output().includes('has its lease again'));
  await cancelThroughOther();
});

const headers = { 'content-type': 'application/json', 'a2a-version': '1.0' };

async function listedOn(node: TestNode): Promise<readonly string[]> {
  const answer = await fetch(`${agentOn(node, 'once')}/tasks`, { headers });
  return ((await answer.json()) as { tasks: WireTask[] }).tasks.map(({ id }) => id);
}
