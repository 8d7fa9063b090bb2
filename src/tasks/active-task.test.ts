import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred } from '../base/index.ts';
import type { Part } from '../protocol/index.ts';
import { defaultDeadLetterRule } from '../resilience/index.ts';
import type { Store } from '../store/index.ts';
import { ActiveTask } from './active-task.ts';
import type { ArtifactEvent, SubmittedEvent } from './events.ts';

const submitted: SubmittedEvent = {
  type: 'submitted',
  at: 0,
  agentId: 'worker',
  owner: 'anonymous',
  contextId: 'context',
  skill: 'do',
  message: { messageId: 'm', role: 'user', parts: [{ text: 'go' }] },
  correlationId: 'c',
  origin: 'anonymous',
  path: [],
};

const quarter = 64 * 1024;

function chunk(...parts: readonly Part[]): ArtifactEvent {
  return { type: 'artifact', at: 0, artifact: { artifactId: 'a', parts }, append: true, lastChunk: false };
}

interface Bench {
  readonly task: ActiveTask;
  /** One for each commit under way, oldest first. */
  readonly commits: PromiseWithResolvers<void>[];
}

function createBench(): Bench {
  const commits: PromiseWithResolvers<void>[] = [];
  const commit = (): Promise<void> => {
    const written = deferred<void>();
    commits.push(written);
    return written.promise;
  };
  const options = { retention: { finishedTaskMs: 1, deadLetters: defaultDeadLetterRule }, onEnded() {}, onFailed() {} };
  return { task: new ActiveTask('t', { ...options, store: { commit } as unknown as Store }), commits };
}

/** False when it has not resolved after a turn of the event loop. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([promise.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);
}

test('a task goes on holding its agent back, after commits that overlapped, while its disk is slow', async () => {
  const { task, commits } = createBench();
  task.record(submitted);
  for (let overlapping = 0; overlapping < 20; overlapping++) {
    task.record(chunk({ text: 'x'.repeat(quarter / 4) }));
    void task.flush();
  }
  for (const written of commits) written.resolve();
  await task.flush();
  for (let more = 0; more < 4; more++) task.record(chunk({ text: 'x'.repeat(quarter) }));
  const room = task.pressure();
  assert.equal(await isDone(room), false);
  commits.at(-1)?.resolve();
  assert.equal(await isDone(room), true);
});

test('what a task brings stays in memory up to a bound; behind it only references to blobs do', async () => {
  const { task, commits } = createBench();
  const blob = { blob: { sha256: 'digest', size: 1 } };
  const bring = async (...parts: readonly Part[]): Promise<void> => {
    task.record(chunk(...parts));
    void task.flush();
    commits.at(-1)?.resolve();
    await task.flush();
  };
  task.record(submitted);
  await bring({ text: 'x'.repeat(quarter) }, blob);
  assert.equal(task.state.isLight, false);
  assert.equal(task.state.artifacts.get('a')?.parts.length, 2);
  for (let more = 0; more < 8; more++) await bring({ text: 'x'.repeat(quarter) });
  await bring(blob);
  assert.equal(task.state.isLight, true);
  assert.deepEqual(task.state.artifacts.get('a')?.parts, [blob, blob]);
  assert.deepEqual(task.state.history, []);
  assert.equal(task.state.version, 11);
});

test('who has given up waiting for a task does not wait on inside it', async () => {
  const { task, commits } = createBench();
  task.record(submitted);
  void task.flush();
  commits[0]?.resolve();
  await task.flush();
  const patience = new AbortController();
  const waiting = task.settled(0, patience.signal);
  patience.abort(new Error('left'));
  await assert.rejects(waiting, /left/);
});
