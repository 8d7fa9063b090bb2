import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { requires } from '../support/requires.ts';
import type { TestNode } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';
import { send } from './a2a-calls.ts';
import { agentOn, begin, outcomeOf, untilAllEnded, work } from './node-tasks.ts';
import { createFabric, deployOn, type Fabric, leaseMs, untilNoted } from './two-nodes.ts';

const options = { ...requires('redis'), timeout: 120_000 };
/** Longer than a node may be silent, and than anything but a commit waits for Redis. */
const outageMs = 8_000;

async function untilStore(state: string, ...nodes: readonly TestNode[]): Promise<void> {
  for (const { url } of nodes) {
    await waitUntil(`${url} says that its store is ${state}`, async () => {
      const health = (await (await fetch(`${url}/health`)).json()) as { store: { state: string } };
      return health.store.state === state;
    });
  }
}

async function startBoth(t: TestContext): Promise<{ fabric: Fabric; a: TestNode; b: TestNode }> {
  const fabric = await createFabric(t);
  const [a, b] = await Promise.all([fabric.start('a'), fabric.start('b')]);
  for (const path of [fabric.agents.once, fabric.agents.again]) await deployOn(path, a, b);
  return { fabric, a, b };
}

test('two nodes go on by themselves after their Redis was away for longer than a lease', options, async (t) => {
  const { fabric, a, b } = await startBoth(t);
  const begun = [await begin(a, 'once', work(fabric, 'go')), await begin(b, 'once', work(fabric, 'go'))];
  for (const id of begun) await untilNoted(fabric, 'begin', id);
  await fabric.redis.kill();
  await untilStore('connecting', a, b);
  const beganMs = performance.now();
  const refused = await Promise.all([a, b].map((node) => fetch(`${agentOn(node, 'once')}/tasks/none`)));
  assert.deepEqual(
    refused.map(({ status }) => status),
    [503, 503],
  );
  assert.ok(performance.now() - beganMs < 15_000, 'who asks is told in time');
  await delay(outageMs);
  await fabric.redis.restart();
  await untilStore('ready', a, b);
  fabric.open('go');
  const ended = await untilAllEnded(b, 'once', begun);
  for (const id of begun) {
    const times = fabric.notes().filter(({ what, task }) => what === 'begin' && task === id).length;
    assert.equal(times, 1, 'nothing with effect is done twice');
  }
  t.diagnostic(ended.map(outcomeOf).join(', '));
  for (const task of ended) assert.match(outcomeOf(task), /^(TASK_STATE_COMPLETED|OUTCOME_UNKNOWN)$/);
  for (const node of [a, b]) {
    await waitUntil(`${node.url} takes work again`, async () => {
      return (await send(agentOn(node, 'once'), work(fabric, 'go'))).status === 200;
    });
  }
});

test(
  'a node that is told to stop while its Redis is away ends soon, and another one has its tasks',
  options,
  async (t) => {
    const { fabric, a, b } = await startBoth(t);
    const id = await begin(a, 'again', work(fabric, 'go'));
    await untilNoted(fabric, 'begin', id);
    await fabric.redis.kill();
    await untilStore('connecting', a, b);
    const toldMs = performance.now();
    await a.close();
    const tookMs = performance.now() - toldMs;
    assert.ok(tookMs < 14_000, `it took ${Math.round(tookMs)} ms`);
    assert.match(a.output(), /the node stops without it/);
    await fabric.redis.restart();
    fabric.open('go');
    const [task] = await untilAllEnded(b, 'again', [id]);
    assert.equal(task && outcomeOf(task), 'TASK_STATE_COMPLETED');
    const invocations = fabric
      .notes()
      .filter(({ what }) => what === 'begin')
      .map(({ invocation }) => invocation);
    assert.equal(new Set(invocations).size, 1, 'done again under the same invocation id');
    t.diagnostic(`stopped after ${Math.round(tookMs)} ms; the lease is ${leaseMs} ms`);
  },
);
