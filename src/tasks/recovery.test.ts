import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock, type ManualClock } from '../testing/index.ts';
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
  untilStopped,
  waitFor,
} from './service.fixture.ts';

const recoverWaitMs = 60_000;

interface Left {
  readonly id: string;
  readonly second: Bench;
  readonly clock: ManualClock;
}

/** The next run of a node that had a task in its agent's hands; the agent is not there yet. */
async function leaveTask(): Promise<Left> {
  const first = await openBench();
  announce(first.registry, untilStopped, { idempotent: true });
  const { id } = taskOf(await first.tasks.send(target, request({}, true), context(), never));
  await waitFor(first.tasks, id, 'working');
  await first.tasks.stop(AbortSignal.abort());
  await first.store.close();
  const clock = createManualClock(Date.now());
  const second = await openBench(first.folder, { recoverWaitMs }, clock);
  await second.tasks.start();
  return { id, second, clock };
}

test('a task of an earlier run waits for an agent that comes later than the node', async () => {
  const { id, second, clock } = await leaveTask();
  await clock.advance(recoverWaitMs - 1);
  assert.equal((await second.tasks.get(target, { id }, context())).status.state, 'working');
  announce(second.registry, () => answerWith({ text: 'done' }), { idempotent: true });
  assert.equal((await waitFor(second.tasks, id, 'completed')).status.state, 'completed');
});

test('it does not wait for ever, and what is sent anew does not wait at all', async () => {
  const { id, second, clock } = await leaveTask();
  await assert.rejects(second.tasks.send(target, request(), context(), never), { code: 'AGENT_NOT_FOUND' });
  await clock.advance(recoverWaitMs);
  const { status } = await waitFor(second.tasks, id, 'failed');
  assert.deepEqual(status.message?.metadata, { code: 'AGENT_NOT_FOUND' });
});
