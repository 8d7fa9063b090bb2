import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred, ParleyError, silentLogger, silentTelemetry, systemClock } from '../base/index.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { anonymous, createCallTokens, createChainsInFlight } from '../security/index.ts';
import type { Lease, Store } from '../store/index.ts';
import { createCallResilience } from '../testing/index.ts';
import { createTestWebhook } from './push/push.fixture.ts';
import { type NodeSeat, nodeLease } from './seat.ts';
import {
  announce,
  answerWith,
  type Bench,
  collect,
  context,
  never,
  openBench,
  request,
  target,
  taskOf,
  untilStopped,
  type Work,
  waitFor,
} from './service.fixture.ts';
import { createTaskService, type RunningTaskService } from './service.ts';
import { defaultTaskSettings } from './settings.ts';

interface TestNode {
  readonly id: string;
  readonly registry: Registry;
  readonly tasks: RunningTaskService;
  readonly lease: Lease;
}

test('a task is read, followed and waited for through the node that does not run it', async () => {
  const [first, second] = await openNodes();
  const go = deferred<void>();
  announce(first.registry, async function* () {
    yield { kind: 'status', text: 'reading' };
    await go.promise;
    yield* answerWith({ text: 'done' });
  });
  const { id } = taskOf(await first.tasks.send(target, request({}, true), context(), never));
  const followed = collect(second.tasks.subscribe(target, { id }, context(), 1, never));
  assert.equal((await second.tasks.get(target, { id }, context())).status.state, 'working');
  const listed = await second.tasks.list(target, { pageSize: 10, includeArtifacts: false }, context());
  assert.deepEqual(
    listed.tasks.map((task) => task.id),
    [id],
  );
  go.resolve();
  const states = (await followed).flatMap(({ item }) => (item.kind === 'status' ? [item.update.status.state] : []));
  assert.deepEqual(states, ['working', 'working', 'completed']);
});

test('a cancel on another node stops the work, and nothing is added behind it', async () => {
  const [first, second] = await openNodes();
  let stopped = false;
  announce(first.registry, async function* (invocation) {
    yield* untilStopped(invocation);
    stopped = true;
  });
  const { id } = taskOf(await first.tasks.send(target, request({}, true), context(), never));
  await waitFor(first.tasks, id, 'working');
  const canceled = await second.tasks.cancel(target, { id }, context());
  assert.equal(canceled.status.state, 'canceled');
  assert.ok(stopped);
  await assert.rejects(second.tasks.cancel(target, { id }, context()), { code: 'TASK_NOT_CANCELABLE' });
});

test('an answer that reaches another node reaches the agent, and its blocking caller gets the end', async () => {
  const [first, second] = await openNodes();
  announce(first.registry, asking);
  const asked = taskOf(await first.tasks.send(target, request(), context(), never));
  assert.equal(asked.status.state, 'input-required');
  const answer = request({ taskId: asked.id, parts: [{ text: 'blue' }] });
  const ended = taskOf(await second.tasks.send(target, answer, context(), never));
  assert.equal(ended.status.state, 'completed');
  assert.deepEqual(ended.artifacts[0]?.parts, [{ text: 'blue' }]);
});

test('a command that comes between the events of a busy task costs none of them', async () => {
  const [first, second] = await openNodes();
  const go = deferred<void>();
  announce(first.registry, async function* () {
    for (let index = 0; index < 50; index++) {
      const parts = [{ text: `${index} ` }];
      yield { kind: 'artifact', artifact: { artifactId: 'out', parts }, append: index > 0, lastChunk: index === 49 };
      await new Promise((resolve) => setImmediate(resolve));
    }
    await go.promise;
    yield { kind: 'end', state: 'completed' };
  });
  const { id } = taskOf(await first.tasks.send(target, request({}, true), context(), never));
  const said = Array.from({ length: 5 }, (_, index) =>
    second.tasks.send(target, request({ taskId: id, messageId: `s-${index}` }, true), context(), never),
  );
  await Promise.all(said);
  go.resolve();
  const task = await waitFor(second.tasks, id, 'completed');
  assert.equal(task.artifacts[0]?.parts.length, 50);
  assert.equal(task.history.filter(({ messageId }) => messageId.startsWith('s-')).length, 5);
});

test('the same idempotency key on two nodes at once is one task, done once', async () => {
  const [first, second] = await openNodes();
  let runs = 0;
  const work: Work = () => {
    runs++;
    return answerWith({ text: 'once' });
  };
  announce(first.registry, work);
  announce(second.registry, work);
  const caller = context(undefined, { idempotencyKey: 'k-1' });
  const answers = await Promise.all(
    [first, second, first, second].map(({ tasks }) => tasks.send(target, request(), caller, never)),
  );
  assert.equal(new Set(answers.map((answer) => taskOf(answer).id)).size, 1);
  assert.ok(answers.every((answer) => taskOf(answer).status.state === 'completed'));
  assert.equal(runs, 1);
});

test('what a dead node left is taken over: waiting work begins, safe work is done again, the rest ends as unknown', async () => {
  const [first, second] = await openNodes();
  const hang: Work = async function* () {
    yield { kind: 'status', text: 'working' };
    await new Promise(() => {});
  };
  announce(first.registry, hang, { agentId: 'once' });
  announce(first.registry, hang, { agentId: 'again', idempotent: true });
  announce(first.registry, hang, { agentId: 'later', status: 'starting' });
  const agents = ['once', 'again', 'later'] as const;
  const ids = await Promise.all(
    agents.map(async (agentId) => {
      const at = { agentId, endpointId: undefined };
      return taskOf(await first.tasks.send(at, request({}, true), context(), never)).id;
    }),
  );
  for (const agentId of agents)
    announce(second.registry, () => answerWith(), { agentId, idempotent: agentId === 'again' });
  const waiting = second.tasks.send({ agentId: 'x', endpointId: undefined }, request(), context(), never);
  await assert.rejects(waiting, { code: 'AGENT_NOT_FOUND' });
  await loseLease(first, second);
  await second.tasks.duties.takeOver(first.id);
  const states = await Promise.all(
    agents.map(async (agentId, index) => {
      const at = { agentId, endpointId: undefined };
      const id = ids[index] ?? '';
      await collect(second.tasks.subscribe(at, { id }, context(), 0, never));
      return (await second.tasks.get(at, { id }, context())).status;
    }),
  );
  assert.deepEqual(
    states.map(({ state }) => state),
    ['failed', 'completed', 'completed'],
  );
  assert.equal(states[0]?.message?.metadata?.['code'], 'OUTCOME_UNKNOWN');
});

test('a node that has lost its lease writes nothing more, and its blocking callers get the end from where the task is now', async () => {
  const [first, second] = await openNodes();
  const go = deferred<void>();
  announce(
    first.registry,
    async function* () {
      yield { kind: 'status', text: 'working' };
      await go.promise;
      yield* answerWith({ text: 'too late' });
    },
    { idempotent: true },
  );
  announce(second.registry, () => answerWith({ text: 'taken over' }), { idempotent: true });
  const answer = first.tasks.send(target, request(), context(), never);
  const { id } = await firstTask(second);
  await waitFor(first.tasks, id, 'working');
  await loseLease(first, second);
  go.resolve();
  await second.tasks.duties.takeOver(first.id);
  const task = taskOf(await answer);
  assert.equal(task.status.state, 'completed');
  assert.deepEqual(task.artifacts[0]?.parts, [{ text: 'taken over' }]);
});

test('a node that does not know yet that it has lost its lease refuses work so that it is tried again', async () => {
  const [first, second] = await openNodes();
  announce(first.registry, () => answerWith());
  await loseLease(first, second);
  await assert.rejects(first.tasks.send(target, request(), context(), never), { code: 'UNAVAILABLE' });
});

const asking: Work = async function* ({ answers }) {
  yield { kind: 'ask', state: 'input-required', parts: [{ text: 'Which colour?' }] };
  for await (const { parts } of answers) {
    yield* answerWith(...parts);
    return;
  }
};

test('a send whose task another node has just made, with the same key, gets that task', async () => {
  const go = deferred<void>();
  const [first, second] = await openNodes((store) => holdTasks(store, go.promise));
  for (const { registry } of [first, second]) announce(registry, () => answerWith());
  const keyed = context(anonymous, { idempotencyKey: 'k-1' });
  const begun = first.tasks.send(target, request(), keyed, never);
  const { id } = taskOf(await second.tasks.send(target, request(), keyed, never));
  const again = first.tasks.send(target, request(), keyed, never);
  await new Promise((resolve) => setImmediate(resolve));
  go.resolve();
  assert.deepEqual([taskOf(await begun).id, taskOf(await again).id], [id, id]);
});

/** A store whose tasks are written late. */
function holdTasks(store: Store, until: Promise<void>): Store {
  const commit: Store['commit'] = async (change) => {
    if (change.append) await until;
    await store.commit(change);
  };
  return Object.create(store, { commit: { value: commit } }) as Store;
}

async function firstTask({ tasks }: TestNode): Promise<{ id: string }> {
  for (;;) {
    const { tasks: found } = await tasks.list(target, { pageSize: 1, includeArtifacts: false }, context());
    if (found[0]) return found[0];
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** As after a node was silent for too long: another one has its lease. */
async function loseLease(loser: TestNode, winner: TestNode): Promise<void> {
  await loser.lease.release();
  assert.ok(await bench?.store.acquireLease(nodeLease(loser.id), winner.id, 60_000));
}

let bench: Bench | undefined;

/** Two nodes on one store. */
async function openNodes(ofFirst: (store: Store) => Store = (store) => store): Promise<[TestNode, TestNode]> {
  bench = await openBench();
  const services = new Map<string, RunningTaskService>();
  const wake: NodeSeat['wake'] = async (nodeId, taskId) => services.get(nodeId)?.duties.attend(taskId);
  return [
    await openNode({ ...bench, store: ofFirst(bench.store) }, 'a', services, wake),
    await openNode(bench, 'b', services, wake),
  ];
}

async function openNode(
  { store, blobs }: Bench,
  id: string,
  services: Map<string, RunningTaskService>,
  wake: NodeSeat['wake'],
): Promise<TestNode> {
  const lease = await store.acquireLease(nodeLease(id), id, 60_000);
  if (!lease) throw new ParleyError('INTERNAL', 'The lease is taken.');
  const registry = createRegistry();
  const seat: NodeSeat = {
    id,
    life: () => ({ id, epoch: lease.epoch }),
    wake,
    order: async () => undefined,
    nodeIds: async () => ['a', 'b'],
  };
  const tasks = createTaskService({
    ...{ store, blobs, registry, seat },
    callTokens: createCallTokens('k'.repeat(43)),
    chains: createChainsInFlight(),
    resilience: createCallResilience(),
    push: createTestWebhook().options,
    settings: { ...defaultTaskSettings, cancelWaitMs: 5_000 },
    clock: systemClock,
    logger: silentLogger,
    telemetry: silentTelemetry,
  });
  services.set(id, tasks);
  return { id, registry, tasks, lease };
}
