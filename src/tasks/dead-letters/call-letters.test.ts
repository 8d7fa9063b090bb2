import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ExecutionEvent } from '../../agents/index.ts';
import { type Clock, formatTimestamp, ParleyError, systemClock } from '../../base/index.ts';
import type { Target } from '../call-context.ts';
import {
  announce,
  answerWith,
  type Bench,
  context,
  never,
  openBench,
  request,
  target,
  taskOf,
  waitFor,
} from '../service.fixture.ts';

/** Delays of retries take no time; what is longer takes its time. */
const impatient: Clock = {
  now: () => systemClock.now(),
  schedule(delayMs, run) {
    if (delayMs > 30_000) return systemClock.schedule(delayMs, run);
    const soon = setImmediate(run);
    return () => clearImmediate(soon);
  },
};
const newest = { limit: 10, order: 'newest' } as const;

async function* lose(): AsyncGenerator<ExecutionEvent> {
  yield { kind: 'status', text: 'working' };
  throw new ParleyError('WORKER_LOST', 'The worker was killed.');
}

async function* fail(): AsyncGenerator<ExecutionEvent> {
  yield { kind: 'end', state: 'failed', parts: [{ text: 'that is beyond me' }] };
}

async function sendDead(bench: Bench): Promise<string> {
  announce(bench.registry, lose);
  const sent = { ...request({ metadata: { note: 'keep me' } }), metadata: { source: 'test' } };
  return taskOf(await bench.tasks.send(target, sent, context(), never)).id;
}

test('a task whose outcome is not known leaves a dead letter that says what, why and how often', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  const { letters, total } = await bench.deadLetters.list(newest);
  const [letter] = letters;
  assert.ok(total === 1 && letter?.kind === 'call');
  assert.deepEqual(
    [letter.id, letter.agentId, letter.skill, letter.code, letter.attempts, letter.correlationId],
    [taskId, 'worker', 'do', 'OUTCOME_UNKNOWN', 1, 'x'],
  );
  assert.match(letter.reason, /The worker was killed/);
  const detail = await bench.deadLetters.get(taskId);
  assert.ok(detail.kind === 'call');
  assert.deepEqual([detail.message.parts, detail.metadata], [[{ text: 'go' }], { source: 'test' }]);
  assert.deepEqual(
    detail.dispatches.map(({ endpointId, attempt }) => [endpointId, attempt]),
    [['worker-1', 1]],
  );
});

test('the commit that ends the task is the one that writes the letter', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  const [letter] = (await bench.deadLetters.list(newest)).letters;
  const { status } = await bench.tasks.get(target, { id: taskId }, context());
  assert.equal(formatTimestamp(letter?.failedAtMs ?? 0), status.timestamp);
  assert.equal(bench.commits(), 2, 'submitted with dispatched; what the agent said with the failure and the letter');
});

test("an agent's own failure is an answer and no dead letter", async () => {
  const bench = await openBench();
  announce(bench.registry, fail);
  const { status } = taskOf(await bench.tasks.send(target, request(), context(), never));
  assert.deepEqual([status.state, (await bench.deadLetters.list(newest)).total], ['failed', 0]);
});

test('with the agent mended, a redrive completes the original task', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  announce(bench.registry, () => answerWith({ text: 'done' }));
  await bench.deadLetters.redrive(taskId, 'operator');
  const task = await waitFor(bench.tasks, taskId, 'completed');
  assert.deepEqual([task.id, task.artifacts[0]?.parts], [taskId, [{ text: 'done' }]]);
  assert.equal((await bench.deadLetters.list(newest)).total, 0);
  await assert.rejects(bench.deadLetters.redrive(taskId, 'operator'), { code: 'NOT_FOUND' });
});

test('a redrive in vain leaves a new letter, with all attempts counted and retries anew', async () => {
  const bench = await openBench(undefined, {}, impatient);
  announce(bench.registry, () => {
    throw new ParleyError('AGENT_UNAVAILABLE', 'Nobody is there.');
  });
  const { id } = taskOf(await bench.tasks.send(target, request(), context(), never));
  assert.equal((await bench.deadLetters.get(id)).attempts, 4);
  announce(bench.registry, lose);
  await bench.deadLetters.redrive(id, 'operator');
  await waitForLetter(bench, id, 5);
  const { code, redrivenAtMs } = await bench.deadLetters.get(id);
  assert.deepEqual([code, redrivenAtMs.length], ['OUTCOME_UNKNOWN', 1]);
});

test('a redrive that nobody could take leaves the letter where it is', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  bench.registry.withdraw('worker-1');
  await assert.rejects(bench.deadLetters.redrive(taskId, 'operator'), { code: 'AGENT_NOT_FOUND' });
  assert.equal((await bench.deadLetters.list(newest)).total, 1);
});

test('two redrives at once hand the work out once', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  let calls = 0;
  announce(bench.registry, () => {
    calls++;
    return answerWith({ text: 'done' });
  });
  const redriven = [1, 2].map(() => bench.deadLetters.redrive(taskId, 'operator'));
  const [first, second] = await Promise.allSettled(redriven);
  await waitFor(bench.tasks, taskId, 'completed');
  assert.deepEqual([first?.status, second?.status, calls], ['fulfilled', 'rejected', 1]);
});

test('a discarded letter is gone, and its task stays failed', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  await bench.deadLetters.discard(taskId);
  await assert.rejects(bench.deadLetters.get(taskId), { code: 'NOT_FOUND' });
  const task = await bench.tasks.get(target, { id: taskId }, context());
  assert.equal(task.status.state, 'failed');
});

test('letters are found by agent and by code, newest or oldest first, page by page', async () => {
  const bench = await openBench();
  const ids = [await sendDead(bench), await sendDead(bench), await sendDead(bench)];
  const page = await bench.deadLetters.list({ limit: 2, order: 'oldest', agentId: 'worker' });
  assert.deepEqual([page.letters.map(({ id }) => id), page.total], [ids.slice(0, 2), 3]);
  const rest = await bench.deadLetters.list({
    limit: 2,
    order: 'oldest',
    agentId: 'worker',
    cursor: page.cursor,
  });
  assert.deepEqual([rest.letters.map(({ id }) => id), rest.cursor], [ids.slice(2), undefined]);
  const other = await bench.deadLetters.list({ ...newest, agentId: 'worker', code: 'DEADLINE_EXCEEDED' });
  assert.equal(other.total, 0);
});

test('a redrive outlives the node that took it', async () => {
  const first = await openBench();
  const taskId = await sendDead(first);
  announce(first.registry, lose, { capacity: 0 });
  await first.deadLetters.redrive(taskId, 'operator');
  await first.tasks.stop(AbortSignal.abort());
  await first.store.close();
  const second = await openBench(first.folder);
  announce(second.registry, () => answerWith({ text: 'done' }));
  await second.tasks.start();
  await waitFor(second.tasks, taskId, 'completed');
});

type Step = 'completes' | 'loses' | 'fails' | 'refuses' | 'redrive' | 'discard';

const works = { completes: () => answerWith({ text: 'done' }), loses: lose, fails: fail, refuses } as const;

function refuses(): AsyncIterable<ExecutionEvent> {
  throw new ParleyError('AGENT_UNAVAILABLE', 'Nobody is there.');
}

test('whatever happens to a task: it is never both dead-lettered and completed', async () => {
  const anyStep = fc.constantFrom<Step>('completes', 'loses', 'fails', 'refuses', 'redrive', 'redrive', 'discard');
  const bench = await openBench(undefined, {}, impatient);
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
      const at: Target = { agentId: `worker-${++runs}`, endpointId: undefined };
      const subject: Subject = { bench, at, id: '' };
      announce(bench.registry, works[steps[0] === 'completes' ? 'completes' : 'loses'], { agentId: at.agentId });
      const { id } = taskOf(await bench.tasks.send(at, request(), context(), never));
      for (const step of steps) await take({ ...subject, id }, step);
      await letEnd({ ...subject, id });
      await assertConsistent({ ...subject, id });
    }),
    { numRuns: 60 },
  );
});

interface Subject {
  readonly bench: Bench;
  readonly at: Target;
  readonly id: string;
}

/** Redrives are not waited for: the next steps meet them under way. */
async function take(subject: Subject, step: Step): Promise<void> {
  const { bench, at, id } = subject;
  if (step === 'redrive') await bench.deadLetters.redrive(id, 'operator').catch(() => {});
  else if (step === 'discard') await bench.deadLetters.discard(id).catch(() => {});
  else announce(bench.registry, works[step], { agentId: at.agentId });
  await assertConsistent(subject);
}

async function assertConsistent({ bench, at, id }: Subject): Promise<void> {
  const before = await bench.store.get('dead-letters', id);
  const { status } = await bench.tasks.get(at, { id }, context());
  const after = await bench.store.get('dead-letters', id);
  assert.ok(status.state !== 'completed' || after === undefined, 'a completed task has no letter');
  assert.ok(before === undefined || after === undefined || status.state === 'failed', 'a letter says that it failed');
}

async function letEnd({ bench, at, id }: Subject): Promise<void> {
  while (true) {
    const { status } = await bench.tasks.get(at, { id }, context());
    if (status.state === 'completed' || status.state === 'failed') return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function waitForLetter(bench: Bench, id: string, attempts: number): Promise<void> {
  while (true) {
    const found = await bench.deadLetters.get(id).catch(() => undefined);
    if (found?.attempts === attempts) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a letter from before there were letters of records is read, redriven and removed like any other', async () => {
  const bench = await openBench();
  const taskId = await sendDead(bench);
  const stored = await bench.store.get('dead-letters', taskId);
  const { kind: _kind, id: _id, ...old } = JSON.parse(stored?.value ?? '{}') as Record<string, unknown>;
  const sort = '000000000000001';
  const indexes = { all: { equals: '', sort }, agentCode: { equals: 'worker\nOUTCOME_UNKNOWN', sort } };
  const value = JSON.stringify({ taskId, ...old });
  await bench.store.commit({ key: taskId, documents: [{ collection: 'dead-letters', value, indexes }] });
  const { letters } = await bench.deadLetters.list({ ...newest, agentId: 'worker', code: 'OUTCOME_UNKNOWN' });
  assert.deepEqual([letters[0]?.kind, letters[0]?.id], ['call', taskId]);
  announce(bench.registry, () => answerWith({ text: 'done' }));
  await bench.deadLetters.redrive(taskId, 'operator');
  assert.equal((await bench.deadLetters.list(newest)).total, 0);
});
