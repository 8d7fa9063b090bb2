import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionEvent } from '../agents/index.ts';
import { type Clock, deferred, ParleyError, systemClock } from '../base/index.ts';
import type { Part } from '../protocol/index.ts';
import { anonymous, operator, workerPrincipal } from '../security/index.ts';
import type { Target } from './call-context.ts';
import type { SequencedItem } from './port.ts';
import {
  announce,
  answerWith,
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

test('a blocking send answers the ended task after two commits', async () => {
  const { registry, tasks, commits } = await openBench();
  announce(registry, () => answerWith({ text: 'done' }));
  const task = taskOf(await tasks.send(target, request(), context(), never));
  assert.equal(task.status.state, 'completed');
  assert.deepEqual(task.artifacts[0]?.parts, [{ text: 'done' }]);
  assert.equal(commits(), 2);
});

test('the dispatch is journalled before the work is handed out', async () => {
  const { registry, tasks, store } = await openBench();
  const journal = deferred<readonly string[]>();
  announce(registry, async function* ({ task }) {
    const events = await store.read('task', task?.id ?? '');
    journal.resolve(events.map(({ event }) => (JSON.parse(event) as { type: string }).type));
    yield* answerWith();
  });
  await tasks.send(target, request(), context(), never);
  assert.deepEqual(await journal.promise, ['submitted', 'dispatched']);
});

test('a stream shows the task, then every event in the order of the journal, and resumes without a gap', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, async function* () {
    yield { kind: 'status', text: 'reading' };
    for (const text of ['a', 'b', 'c']) {
      yield {
        kind: 'artifact',
        artifact: { artifactId: 'out', parts: [{ text }] },
        append: text !== 'a',
        lastChunk: text === 'c',
      };
    }
    yield { kind: 'end', state: 'completed' };
  });
  const items = await collect(tasks.stream(target, request(), context(), never));
  assert.deepEqual(
    items.map(({ item }) => item.kind),
    ['task', 'status', 'artifact', 'artifact', 'artifact', 'status'],
  );
  const id = taskOf((items[0] as SequencedItem).item).id;
  const resumed = await collect(tasks.subscribe(target, { id }, context(), items[2]?.sequence, never));
  assert.deepEqual(resumed, items.slice(3));
});

test('a reader that wants to go on behind what has not happened yet is told so, and does not wait', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, async function* ({ signal }) {
    yield { kind: 'status', text: 'reading' };
    await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  const now = { ...request(), configuration: { returnImmediately: true } };
  const { id } = taskOf(await tasks.send(target, now, context(), never));
  const { generation = 0 } = await tasks.get(target, { id }, context());
  await assert.rejects(collect(tasks.subscribe(target, { id }, context(), generation + 1_000, never)), {
    code: 'INVALID_PARAMS',
  });
  await tasks.cancel(target, { id }, context());
});

test('an agent that answers with a message leaves its caller a message, in a send and in a stream', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, async function* () {
    yield { kind: 'reply', parts: [{ text: 'hello' }] };
  });
  assert.equal((await tasks.send(target, request(), context(), never)).kind, 'message');
  const items = await collect(tasks.stream(target, request(), context(), never));
  assert.deepEqual(
    items.map(({ item }) => item.kind),
    ['message'],
  );
});

test('a question waits for its caller, and the answer reaches the agent', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, async function* ({ answers }) {
    yield { kind: 'ask', state: 'input-required', parts: [{ text: 'How many?' }] };
    for await (const answer of answers) return yield* answerWith(...answer.parts);
  });
  const asked = taskOf(await tasks.send(target, request(), context(), never));
  assert.equal(asked.status.state, 'input-required');
  const answer = request({ messageId: 'm-2', taskId: asked.id, parts: [{ text: '4' }] });
  const done = taskOf(await tasks.send(target, answer, context(), never));
  assert.equal(done.status.state, 'completed');
  assert.deepEqual(done.artifacts[0]?.parts, [{ text: '4' }]);
});

test('a message to a task that has ended, or from another context, is refused', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith());
  const { id } = taskOf(await tasks.send(target, request(), context(), never));
  await assert.rejects(tasks.send(target, request({ taskId: id }), context(), never), {
    code: 'UNSUPPORTED_OPERATION',
  });
  announce(registry, untilStopped);
  const running = taskOf(await tasks.send(target, request({}, true), context(), never));
  const foreign = request({ taskId: running.id, contextId: 'another' });
  await assert.rejects(tasks.send(target, foreign, context(), never), { code: 'INVALID_PARAMS' });
});

test('a cancelled task has stopped when the call answers, and cannot be cancelled again', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, untilStopped);
  const { id } = taskOf(await tasks.send(target, request({}, true), context(), never));
  assert.equal((await tasks.cancel(target, { id }, context())).status.state, 'canceled');
  await assert.rejects(tasks.cancel(target, { id }, context()), { code: 'TASK_NOT_CANCELABLE' });
});

test('a task that waits for a worker can be cancelled, and is never handed out', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, untilStopped, { capacity: 1 });
  await tasks.send(target, request({}, true), context(), never);
  const { id } = taskOf(await tasks.send(target, request({}, true), context(), never));
  const canceled = await tasks.cancel(target, { id }, context());
  assert.equal(canceled.status.state, 'canceled');
});

test('a task waits for a worker that is starting, and is done when it is there', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith(), { status: 'starting' });
  const waiting = tasks.send(target, request(), context(), never);
  announce(registry, () => answerWith());
  assert.equal(taskOf(await waiting).status.state, 'completed');
});

test('over the bound of waiting tasks the caller is told to come back', async () => {
  const { registry, tasks } = await openBench(undefined, { maxQueued: 1 });
  announce(registry, untilStopped, { capacity: 1 });
  await tasks.send(target, request({}, true), context(), never);
  await tasks.send(target, request({}, true), context(), never);
  await assert.rejects(tasks.send(target, request(), context(), never), { code: 'QUEUE_FULL', retryAfterMs: 1_000 });
});

test('an agent that has failed takes no tasks, and says so at once', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith(), { status: 'failed' });
  await assert.rejects(tasks.send(target, request(), context(), never), { code: 'AGENT_UNAVAILABLE' });
});

test('a caller sees only its own tasks; an operator sees all', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith());
  const stranger = context(workerPrincipal('stranger', 'stranger-1'));
  const { id } = taskOf(await tasks.send(target, request(), context(), never));
  await assert.rejects(tasks.get(target, { id }, stranger), { code: 'TASK_NOT_FOUND' });
  await assert.rejects(tasks.cancel(target, { id }, stranger), { code: 'TASK_NOT_FOUND' });
  const list = { pageSize: 10, includeArtifacts: false };
  assert.equal((await tasks.list(target, list, stranger)).totalSize, 0);
  assert.equal((await tasks.list(target, list, context(operator))).totalSize, 1);
  assert.equal((await tasks.get(target, { id }, context(operator))).id, id);
});

test('pages of tasks are complete, newest first, whatever their states', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, ({ parts }) => answerWithState(parts));
  const ids: string[] = [];
  for (const [index, state] of ['completed', 'failed', 'completed', 'rejected', 'completed'].entries()) {
    ids.push(
      taskOf(await tasks.send(target, request({ messageId: `m-${index}`, parts: [{ text: state }] }), context(), never))
        .id,
    );
  }
  const seen: string[] = [];
  let pageToken = '';
  do {
    const page = await tasks.list(
      target,
      { pageSize: 2, includeArtifacts: false, ...(pageToken && { pageToken }) },
      context(),
    );
    assert.equal(page.totalSize, 5);
    seen.push(...page.tasks.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  assert.deepEqual(seen.toSorted(), ids.toSorted());
  const failed = await tasks.list(target, { pageSize: 10, state: 'failed', includeArtifacts: false }, context());
  assert.deepEqual(
    failed.tasks.map(({ id }) => id),
    [ids[1]],
  );
});

async function* answerWithState(parts: readonly Part[]): AsyncGenerator<ExecutionEvent> {
  const text = parts[0] && 'text' in parts[0] ? parts[0].text : '';
  yield { kind: 'end', state: text as 'completed' | 'failed' | 'rejected' };
}

test('the same idempotency key is the same task, also while the first send is under way', async () => {
  const { registry, tasks } = await openBench();
  let calls = 0;
  announce(registry, () => {
    calls++;
    return answerWith({ text: 'done' });
  });
  const keyed = context(anonymous, { idempotencyKey: 'k-1' });
  const both = await Promise.all([
    tasks.send(target, request(), keyed, never),
    tasks.send(target, request(), keyed, never),
  ]);
  const again = await tasks.send(target, request(), keyed, never);
  assert.equal(new Set([...both, again].map((item) => taskOf(item).id)).size, 1);
  assert.equal(calls, 1);
});

test('an idempotency key with another body is an error that names the first task', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith());
  const keyed = context(anonymous, { idempotencyKey: 'k-1' });
  const { id } = taskOf(await tasks.send(target, request(), keyed, never));
  const other = tasks.send(target, request({ parts: [{ text: 'something else' }] }), keyed, never);
  await assert.rejects(other, { code: 'IDEMPOTENCY_CONFLICT', details: { taskId: id } });
  const stranger = context(workerPrincipal('stranger', 's-1'), { idempotencyKey: 'k-1' });
  assert.notEqual(taskOf(await tasks.send(target, request(), stranger, never)).id, id);
});

test('a send that is refused leaves its idempotency key to the body that is right', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith());
  const keyed = context(anonymous, { idempotencyKey: 'k-1' });
  const wrong = request();
  const unknown = { ...wrong, message: { ...wrong.message, metadata: { skill: 'nothing' } } };
  await assert.rejects(tasks.send(target, unknown, keyed, never), { code: 'SKILL_NOT_FOUND' });
  assert.equal(taskOf(await tasks.send(target, request(), keyed, never)).status.state, 'completed');
});

test('a key whose task is there answers it, also when its send would be refused by now', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith());
  const keyed = context(anonymous, { idempotencyKey: 'k-1' });
  const { id } = taskOf(await tasks.send(target, request(), keyed, never));
  registry.withdraw('worker-1');
  assert.equal(taskOf(await tasks.send(target, request(), keyed, never)).id, id);
});

test('work lost with its worker is done again only where that is safe', async () => {
  const { registry, tasks } = await openBench();
  const invocations: string[] = [];
  const loseOnce: Work = async function* ({ id }) {
    invocations.push(id);
    if (invocations.length === 1) throw new ParleyError('WORKER_LOST', 'The worker ended.');
    yield* answerWith();
  };
  announce(registry, loseOnce, { idempotent: true });
  assert.equal(taskOf(await tasks.send(target, request(), context(), never)).status.state, 'completed');
  assert.equal(invocations[0], invocations[1]);
  invocations.length = 0;
  announce(registry, loseOnce, { idempotent: false });
  const lost = taskOf(await tasks.send(target, request(), context(), never));
  assert.equal(lost.status.state, 'failed');
  assert.deepEqual(lost.status.message?.metadata, { code: 'OUTCOME_UNKNOWN' });
  assert.equal(invocations.length, 1);
});

test('what a stopped node left is taken up: safe work again with the same invocation, the rest ends as unknown', async () => {
  const first = await openBench();
  const started: string[] = [];
  const hang: Work = async function* (invocation) {
    started.push(invocation.id);
    yield* untilStopped(invocation);
  };
  announce(first.registry, hang, { idempotent: true });
  announce(first.registry, hang, { agentId: 'careful' });
  const careful: Target = { agentId: 'careful', endpointId: undefined };
  const safe = taskOf(await first.tasks.send(target, request({}, true), context(), never)).id;
  const unsafe = taskOf(await first.tasks.send(careful, request({}, true), context(), never)).id;
  await waitFor(first.tasks, safe, 'working');
  await first.tasks.stop(AbortSignal.abort());
  await first.store.close();

  const second = await openBench(first.folder);
  const again: string[] = [];
  announce(
    second.registry,
    ({ id }) => {
      again.push(id);
      return answerWith();
    },
    { idempotent: true },
  );
  announce(second.registry, () => assert.fail('unsafe work was handed out twice'), { agentId: 'careful' });
  await second.tasks.start();
  assert.equal((await waitFor(second.tasks, safe, 'completed')).status.state, 'completed');
  assert.deepEqual(again, [started[0]]);
  const ended = await second.tasks.get(careful, { id: unsafe }, context(operator));
  assert.deepEqual(ended.status.message?.metadata, { code: 'OUTCOME_UNKNOWN' });
});

test('an agent that refuses what it was given is asked again after 1, 2 and 4 s, and then the task has failed', async () => {
  const delays: number[] = [];
  const impatient: Clock = {
    now: () => systemClock.now(),
    schedule(delayMs, run) {
      if (delayMs > 30_000) return systemClock.schedule(delayMs, run);
      delays.push(delayMs);
      const soon = setImmediate(run);
      return () => clearImmediate(soon);
    },
  };
  const { registry, tasks } = await openBench(undefined, {}, impatient);
  announce(registry, () => {
    throw new ParleyError('AGENT_UNAVAILABLE', 'No worker takes the call.');
  });
  const { status } = taskOf(await tasks.send(target, request(), context(), never));
  assert.deepEqual([status.state, status.message?.metadata], ['failed', { code: 'AGENT_UNAVAILABLE' }]);
  assert.equal(delays.length, 3);
  for (const [index, delayMs] of delays.entries()) {
    const middle = 1_000 * 2 ** index;
    assert.ok(Math.abs(delayMs - middle) <= 0.2 * middle, `retry ${index} after ${delayMs} ms`);
  }
});

test('large contents stay out of the journal and come back whole', async () => {
  const { registry, tasks, store } = await openBench();
  const bytes = Buffer.alloc(200_000, 7);
  announce(registry, ({ parts }) => answerWith(...parts, { text: 'x'.repeat(100_000) }, { raw: Buffer.from('small') }));
  const item = await tasks.send(target, request({ parts: [{ raw: bytes, filename: 'data.bin' }] }), context(), never);
  const parts = taskOf(item).artifacts[0]?.parts ?? [];
  assert.deepEqual(parts[0], { filename: 'data.bin', raw: bytes });
  assert.deepEqual(parts[1], { text: 'x'.repeat(100_000) });
  assert.deepEqual(parts[2], { raw: Buffer.from('small') });
  const journal = await store.read('task', taskOf(item).id);
  assert.ok(journal.every(({ event }) => event.length < 5_000));
});

test('an idempotent skill that asks for it is handed out a second time when it is silent', async () => {
  const { registry, tasks } = await openBench();
  let calls = 0;
  announce(
    registry,
    (invocation) => {
      calls++;
      return calls === 1 ? untilStopped(invocation, false) : answerWith({ text: 'the second' });
    },
    { idempotent: true, hedgeAfterMs: 20 },
  );
  const task = taskOf(await tasks.send(target, request(), context(), never));
  assert.deepEqual([task.status.state, task.artifacts[0]?.parts, calls], ['completed', [{ text: 'the second' }], 2]);
  assert.equal(registry.resolve('worker').listing.inFlight, 0);
});
