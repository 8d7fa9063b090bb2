import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred, ParleyError } from '../base/index.ts';
import type { Task } from '../protocol/index.ts';
import { operator, workerPrincipal } from '../security/index.ts';
import type { Target } from './call-context.ts';
import {
  announce,
  answerWith,
  context,
  never,
  openBench,
  request,
  target,
  taskOf,
  untilStopped,
  waitFor,
} from './service.fixture.ts';

test('a chain of calls that comes back to an agent in it is refused with its path', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, () => answerWith());
  const chain = {
    origin: 'anonymous',
    path: ['worker', 'other'],
    invocationId: 'i',
    deadlineAtMs: undefined,
    correlationId: 'x',
  };
  const call = tasks.send(target, request(), context(workerPrincipal('other', 'other-1'), { chain }), never);
  await assert.rejects(call, { code: 'CHAIN_REFUSED', details: { path: ['worker', 'other', 'worker'] } });
});

test('a worker that calls without its token still counts as part of the chain it works in', async () => {
  const { registry, tasks } = await openBench();
  announce(registry, untilStopped, { agentId: 'caller' });
  announce(registry, async function* ({ caller }) {
    yield* answerWith({ data: [...caller.path] });
  });
  await tasks.send({ agentId: 'caller', endpointId: undefined }, request({}, true), context(), never);
  const task = taskOf(await tasks.send(target, request(), context(workerPrincipal('caller', 'caller-1')), never));
  assert.deepEqual(task.artifacts[0]?.parts, [{ data: ['caller'] }]);
});

test('a task names the one whose agent has sent it, and one of a client names none', async () => {
  const { registry, store, tasks } = await openBench();
  announce(registry, untilStopped, { agentId: 'caller' });
  announce(registry, () => answerWith());
  const parent = taskOf(
    await tasks.send({ agentId: 'caller', endpointId: undefined }, request({}, true), context(), never),
  );
  const child = taskOf(await tasks.send(target, request(), context(workerPrincipal('caller', 'caller-1')), never));
  const causeOf = async (taskId: string): Promise<unknown> => {
    const [submitted] = await store.read('task', taskId, 0, 1);
    return (JSON.parse(submitted?.event ?? '{}') as { causationId?: string }).causationId;
  };
  assert.deepEqual([await causeOf(parent.id), await causeOf(child.id)], [undefined, parent.id]);
});

test('a cancelled task takes with it what it has started in other agents, and nothing else', async () => {
  const { registry, tasks } = await openBench();
  for (const agentId of ['first', 'second', 'third']) announce(registry, untilStopped, { agentId });
  const start = async (agentId: string, caller?: string): Promise<Task> => {
    const callContext = caller === undefined ? context() : context(workerPrincipal(caller, `${caller}-1`));
    return taskOf(await tasks.send({ agentId, endpointId: undefined }, request({}, true), callContext, never));
  };
  const first = await start('first');
  const second = await start('second', 'first');
  const third = await start('third', 'second');
  const bystander = await start('third');
  const at = (agentId: string): Target => ({ agentId, endpointId: undefined });
  await tasks.cancel(at('first'), { id: first.id }, context());
  await waitFor(tasks, second.id, 'canceled', at('second'));
  await waitFor(tasks, third.id, 'canceled', at('third'));
  const other = await tasks.get(at('third'), { id: bystander.id }, context(operator));
  assert.equal(other.status.state, 'working');
});

test('a caller that leaves does not stop the task', async () => {
  const { registry, tasks } = await openBench();
  const release = deferred<void>();
  announce(registry, async function* () {
    await release.promise;
    yield* answerWith();
  });
  const leaving = new AbortController();
  const sent = tasks.send(target, request({ contextId: 'c' }), context(), leaving.signal);
  const refused = assert.rejects(sent);
  leaving.abort(new ParleyError('CANCELED', 'gone'));
  await refused;
  release.resolve();
  const listed = await tasks.list(target, { pageSize: 1, contextId: 'c', includeArtifacts: false }, context());
  assert.equal((await waitFor(tasks, listed.tasks[0]?.id ?? '', 'completed')).status.state, 'completed');
});
