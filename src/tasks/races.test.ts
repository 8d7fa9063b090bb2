import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExecutionEvent, Invocation } from '../agents/index.ts';
import { type Clock, deferred, ParleyError, silentLogger, silentTelemetry, systemClock } from '../base/index.ts';
import type { Message, Part, SendRequest, StreamItem, Task } from '../protocol/index.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { deadLetterCollections } from '../resilience/index.ts';
import { anonymous, createCallTokens, createChainsInFlight } from '../security/index.ts';
import { openFolderBlobs } from '../store/blobs/index.ts';
import type { BlobStore, Commit, Store } from '../store/index.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { createCallResilience, createManualClock } from '../testing/index.ts';
import { blobUseCollection } from './blobs.ts';
import type { CallContext, Target } from './call-context.ts';
import { taskCollectionSchema } from './documents.ts';
import { taskCollection } from './events.ts';
import { idempotencyCollection } from './idempotency.ts';
import { createTestWebhook } from './push/push.fixture.ts';
import { webhookCollection, webhookCollectionSchema } from './push/webhook-document.ts';
import { createTaskService, type RunningTaskService } from './service.ts';
import { defaultTaskSettings } from './settings.ts';

type Work = (invocation: Invocation) => AsyncIterable<ExecutionEvent>;

interface Bench {
  readonly registry: Registry;
  readonly tasks: RunningTaskService;
  readonly faults: Faults;
}

/** What the test lets happen between the service and its store. */
interface Faults {
  /** Called before each commit reaches the store. */
  beforeCommit: (commit: Commit) => Promise<void> | void;
  beforePut: () => Promise<void> | void;
  reads: number;
  /** Followers of journals that have not left. */
  followers: number;
}

const target: Target = { agentId: 'worker', endpointId: undefined };
const never = new AbortController().signal;
const context: CallContext = { principal: anonymous, trace: { correlationId: 'x' } };
const large = 'x'.repeat(100_000);
const options = { timeout: 8_000 };

async function openBench(t: TestContext, clock: Clock = systemClock): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-races-'));
  const collections = {
    [taskCollection]: taskCollectionSchema(1_000),
    [idempotencyCollection]: { indexes: [] },
    [blobUseCollection]: { indexes: [] },
    [webhookCollection]: webhookCollectionSchema,
    ...deadLetterCollections(1_000),
  };
  const opened = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema: { collections } });
  const faults: Faults = { beforeCommit() {}, beforePut() {}, reads: 0, followers: 0 };
  const store = withFaults(opened, faults);
  const blobs = withSlowPuts(await openFolderBlobs({ folder: join(folder, 'blobs') }), faults);
  const registry = createRegistry();
  const parts = { store, blobs, registry, clock, logger: silentLogger, telemetry: silentTelemetry };
  const settings = { ...defaultTaskSettings, cancelWaitMs: 60_000 };
  const tasks = createTaskService({
    ...parts,
    push: createTestWebhook().options,
    callTokens: createCallTokens('k'.repeat(43)),
    chains: createChainsInFlight(),
    resilience: createCallResilience(),
    settings,
  });
  t.after(async () => {
    await tasks.stop(AbortSignal.abort());
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { registry, tasks, faults };
}

function withFaults(store: Store, faults: Faults): Store {
  return {
    ...bindAll(store),
    async commit(commit) {
      await faults.beforeCommit(commit);
      await store.commit(commit);
    },
    read(...query) {
      faults.reads++;
      return store.read(...query);
    },
    async *tail(...query) {
      faults.followers++;
      try {
        yield* store.tail(...query);
      } finally {
        faults.followers--;
      }
    },
  };
}

function bindAll(store: Store): Store {
  const { readShard, get, find, acquireLease, dueTimers, check, close, commit, read, tail } = store;
  const methods = { readShard, get, find, acquireLease, dueTimers, check, close, commit, read, tail };
  const bound = Object.entries(methods).map(([name, method]) => [name, method.bind(store)]);
  return Object.fromEntries(bound) as Store;
}

function withSlowPuts(blobs: BlobStore, faults: Faults): BlobStore {
  return Object.create(blobs, {
    get: { value: blobs.get.bind(blobs) },
    put: {
      async value(bytes: Uint8Array) {
        await faults.beforePut();
        return blobs.put(bytes);
      },
    },
  }) as BlobStore;
}

interface AnnounceOptions {
  readonly idempotent?: boolean;
  readonly status?: 'healthy' | 'starting';
}

function announce(
  registry: Registry,
  work: Work,
  { idempotent = false, status = 'healthy' }: AnnounceOptions = {},
): void {
  const named = { id: 'worker', name: 'worker', description: '', version: '1.0.0', packageId: 'worker@1.0.0' };
  const skill = { id: 'do', name: 'do', description: '', tags: [], idempotent, private: false, timeouts: {} };
  const record = { ...named, skills: [skill], defaultSkill: 'do', inputModes: [], outputModes: [], private: false };
  registry.announce({ id: 'worker-1', agentId: 'worker', record, executor: { execute: work }, capacity: 10, status });
}

function send(tasks: RunningTaskService, rest: Partial<Message> = {}, returnImmediately = false): Promise<Task> {
  return tasks.send(target, createRequest(rest, returnImmediately), context, never).then(taskOf);
}

function createRequest(rest: Partial<Message>, returnImmediately: boolean): SendRequest {
  const message = { messageId: 'm-1', role: 'user', parts: [{ text: 'go' }], ...rest } as const;
  return { message, configuration: { returnImmediately } };
}

function taskOf(item: StreamItem): Task {
  assert.ok(item.kind === 'task');
  return item.task;
}

async function* complete(): AsyncGenerator<ExecutionEvent> {
  yield { kind: 'end', state: 'completed' };
}

async function* askFirst({ answers }: Invocation): AsyncGenerator<ExecutionEvent> {
  yield { kind: 'ask', state: 'input-required', parts: [{ text: 'How many?' }] };
  for await (const _ of answers) return yield* complete();
}

test('two cancels at once are both answered as soon as the task has stopped', options, async (t) => {
  const { registry, tasks } = await openBench(t);
  announce(registry, complete, { status: 'starting' });
  const { id } = await send(tasks, {}, true);
  const answers = await Promise.all([tasks.cancel(target, { id }, context), tasks.cancel(target, { id }, context)]);
  assert.deepEqual(
    answers.map(({ status }) => status.state),
    ['canceled', 'canceled'],
  );
});

test('a task cancelled while its dispatch is being written is never handed out', options, async (t) => {
  const { registry, tasks, faults } = await openBench(t);
  let handedOut = false;
  announce(registry, complete, { status: 'starting' });
  const { id } = await send(tasks, {}, true);
  const [writing, goOn] = [deferred<void>(), deferred<void>()];
  faults.beforeCommit = async ({ append }) => {
    if (!append?.events[0]?.includes('dispatched')) return goOn.promise;
    writing.resolve();
    await goOn.promise;
  };
  announce(registry, () => {
    handedOut = true;
    return complete();
  });
  await writing.promise;
  const canceled = tasks.cancel(target, { id }, context);
  await new Promise(setImmediate);
  goOn.resolve();
  assert.equal((await canceled).status.state, 'canceled');
  await new Promise(setImmediate);
  assert.equal(handedOut, false);
});

test('two sends at once with one key and a large file make one task', options, async (t) => {
  const { registry, tasks, faults } = await openBench(t);
  let calls = 0;
  announce(registry, () => {
    calls++;
    return complete();
  });
  const both = deferred<void>();
  let puts = 0;
  faults.beforePut = () => {
    if (++puts === 2) both.resolve();
    return both.promise;
  };
  const request = createRequest({ parts: [{ text: large }] }, false);
  const keyed = { ...context, idempotencyKey: 'k' };
  const [first, second] = await Promise.all([1, 2].map(() => tasks.send(target, request, keyed, never).then(taskOf)));
  assert.equal(first?.id, second?.id);
  assert.equal(first?.status.state, 'completed');
  assert.equal(calls, 1);
});

test(
  'a task whose journal cannot be written is tried again once each time, however long the disk stays full',
  options,
  async (t) => {
    const clock = createManualClock();
    const { registry, tasks, faults } = await openBench(t, clock);
    const [written, finish] = [deferred<void>(), deferred<void>()];
    announce(registry, async function* () {
      yield { kind: 'status', text: 'working' };
      written.resolve();
      await finish.promise;
      yield* complete();
    });
    const { id } = await send(tasks, {}, true);
    await written.promise;
    faults.beforeCommit = () => {
      throw new ParleyError('STORE_FULL', 'The disk is full.');
    };
    finish.resolve();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const attempts: number[] = [];
    for (let round = 0; round < 6; round++) {
      const before = faults.reads;
      await clock.advance(5_000);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      attempts.push(faults.reads - before);
    }
    assert.deepEqual(attempts, [1, 1, 1, 1, 1, 1]);
    faults.beforeCommit = () => {};
    await clock.advance(5_000);
    const stream = tasks.subscribe(target, { id }, context, 0, AbortSignal.timeout(5_000));
    for await (const _ of stream);
    const { status } = await tasks.get(target, { id }, context);
    assert.deepEqual([status.state, status.message?.metadata], ['failed', { code: 'OUTCOME_UNKNOWN' }]);
  },
);

test('a large answer given before the worker was lost reaches the next worker whole', options, async (t) => {
  const { registry, tasks } = await openBench(t);
  const received = deferred<readonly Part[]>();
  let attempts = 0;
  const losing: Work = async function* ({ answers }) {
    attempts++;
    yield { kind: 'ask', state: 'input-required', parts: [{ text: 'How many?' }] };
    for await (const { parts } of answers) {
      if (attempts === 1) throw new ParleyError('WORKER_LOST', 'The worker is gone.');
      received.resolve(parts);
      return yield* complete();
    }
  };
  announce(registry, losing, { idempotent: true });
  const { id } = await send(tasks);
  await send(tasks, { taskId: id, parts: [{ text: large }] }, true);
  assert.deepEqual(await received.promise, [{ text: large }]);
});

test('what a task has brought beyond what stays in memory is in its answers all the same', options, async (t) => {
  const { registry, tasks } = await openBench(t);
  const texts = Array.from({ length: 12 }, (_, index) => String(index).padEnd(40_000, '.'));
  announce(registry, async function* () {
    for (const text of texts) {
      const artifact = { artifactId: 'a', parts: [{ text }] };
      yield { kind: 'artifact', artifact, append: true, lastChunk: false };
    }
    yield* complete();
  });
  const task = await send(tasks);
  assert.deepEqual(
    task.artifacts[0]?.parts,
    texts.map((text) => ({ text })),
  );
  assert.equal(task.history.length, 1);
});

test('stopping does not wait for a task that waits for its caller', options, async (t) => {
  const { registry, tasks } = await openBench(t);
  announce(registry, askFirst);
  assert.equal((await send(tasks)).status.state, 'input-required');
  await tasks.stop(never);
});

test('more messages than may wait are refused and not written', options, async (t) => {
  const { registry, tasks } = await openBench(t);
  announce(registry, complete, { status: 'starting' });
  const { id } = await send(tasks, {}, true);
  for (let count = 0; count < 100; count++) await send(tasks, { taskId: id }, true);
  await assert.rejects(send(tasks, { taskId: id }, true), { code: 'QUEUE_FULL', retryAfterMs: 1_000 });
  assert.equal((await tasks.get(target, { id }, context)).history.length, 101);
});

test('a caller that leaves at the first items of a stream is no follower any more', options, async (t) => {
  const { registry, tasks, faults } = await openBench(t);
  const [leave, finish] = [new AbortController(), deferred<void>()];
  announce(registry, async function* () {
    yield { kind: 'status', text: 'working' };
    await finish.promise;
    yield* complete();
  });
  for await (const _ of tasks.stream(target, createRequest({}, false), context, leave.signal)) {
    assert.equal(faults.followers, 1);
    break;
  }
  leave.abort();
  await new Promise(setImmediate);
  assert.equal(faults.followers, 0);
  finish.resolve();
});
