import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExecutionEvent, Invocation } from '../agents/index.ts';
import { deferred, silentLogger, silentTelemetry, systemClock } from '../base/index.ts';
import type { SendRequest, Task } from '../protocol/index.ts';
import { createRegistry, type Endpoint, type Registry } from '../registry/index.ts';
import { deadLetterCollections } from '../resilience/index.ts';
import { anonymous, createCallTokens, createChainsInFlight } from '../security/index.ts';
import { openFolderBlobs } from '../store/blobs/index.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { createCallResilience } from '../testing/index.ts';
import { blobUseCollection } from './blobs.ts';
import type { CallContext } from './call-context.ts';
import { taskCollectionSchema } from './documents.ts';
import { taskCollection } from './events.ts';
import { idempotencyCollection } from './idempotency.ts';
import { createTestWebhook } from './push/push.fixture.ts';
import { webhookCollection, webhookCollectionSchema } from './push/webhook-document.ts';
import { createTaskService, type RunningTaskService } from './service.ts';
import { defaultTaskSettings } from './settings.ts';

interface Bench {
  readonly registry: Registry;
  readonly tasks: RunningTaskService;
  close(): Promise<void>;
}

const target = { agentId: 'worker', endpointId: undefined };
const never = new AbortController().signal;
const context: CallContext = { principal: anonymous, trace: { correlationId: 'x' } };

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-versions-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function openBench(t: TestContext, folder: string): Promise<Bench> {
  const collections = {
    [taskCollection]: taskCollectionSchema(1_000),
    [idempotencyCollection]: { indexes: [] },
    [blobUseCollection]: { indexes: [] },
    [webhookCollection]: webhookCollectionSchema,
    ...deadLetterCollections(1_000),
  };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema: { collections } });
  const blobs = await openFolderBlobs({ folder: join(folder, 'blobs') });
  const registry = createRegistry();
  const parts = { store, blobs, registry, clock: systemClock, logger: silentLogger, telemetry: silentTelemetry };
  const callTokens = createCallTokens('k'.repeat(43));
  const tasks = createTaskService({
    ...parts,
    push: createTestWebhook().options,
    callTokens,
    chains: createChainsInFlight(),
    resilience: createCallResilience(),
    settings: defaultTaskSettings,
  });
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await tasks.stop(AbortSignal.abort());
    await store.close();
  };
  t.after(close);
  return { registry, tasks, close };
}

/** Announces a version whose calls are noted in `calls`; `work` is what it does, nothing that ends by default. */
function announce(registry: Registry, id: string, calls: string[], rest: Partial<Endpoint> = {}): void {
  const skill = { id: 'do', name: 'do', description: '', tags: [], private: false, timeouts: {} };
  const record = {
    id: 'worker',
    name: 'worker',
    description: '',
    version: '1.0.0',
    packageId: 'worker@1.0.0',
    skills: [{ ...skill, idempotent: true }],
    defaultSkill: 'do',
    inputModes: [],
    outputModes: [],
    private: false,
  };
  const executor = {
    execute: (invocation: Invocation) => {
      calls.push(id);
      return untilStopped(invocation);
    },
  };
  registry.announce({ id, agentId: 'worker', record, executor, capacity: 10, status: 'healthy', ...rest });
}

async function* untilStopped({ signal }: Invocation): AsyncGenerator<ExecutionEvent> {
  const stopped = deferred<void>();
  signal.addEventListener('abort', () => stopped.resolve());
  await stopped.promise;
  yield { kind: 'end', state: 'canceled' };
}

function answering(id: string, calls: string[]): Pick<Endpoint, 'executor'> {
  return {
    executor: {
      async *execute() {
        calls.push(id);
        yield { kind: 'end', state: 'completed' } as const;
      },
    },
  };
}

const request = (returnImmediately: boolean): SendRequest => ({
  message: { messageId: 'm', role: 'user', parts: [{ text: 'go' }] },
  configuration: { returnImmediately },
});

async function begin({ tasks }: Bench): Promise<string> {
  const item = await tasks.send(target, request(true), context, never);
  return item.kind === 'task' ? item.task.id : assert.fail('a message');
}

async function untilEnded({ tasks }: Bench, id: string): Promise<Task> {
  const items = tasks.subscribe(target, { id }, context, 0, never);
  for await (const _ of items);
  return tasks.get(target, { id }, context);
}

/** Two tasks, one with each version, on a node that then stops at once. */
async function beginBoth(t: TestContext, folder: string): Promise<readonly string[]> {
  const first = await openBench(t, folder);
  const calls: string[] = [];
  announce(first.registry, 'old', calls);
  announce(first.registry, 'new', calls);
  const ids = [await begin(first), await begin(first)];
  assert.deepEqual(calls, ['old', 'new']);
  await first.close();
  return ids;
}

test('after a restart a task goes back to the version that it began with', async (t) => {
  const folder = createFolder(t);
  const [one = '', two = ''] = await beginBoth(t, folder);
  const second = await openBench(t, folder);
  const calls: string[] = [];
  announce(second.registry, 'new', calls, { ...answering('new', calls), weight: 1_000 });
  announce(second.registry, 'old', calls, { status: 'starting', capacity: 0 });
  await second.tasks.start();
  assert.equal((await untilEnded(second, two)).status.state, 'completed');
  assert.deepEqual(calls, ['new']);
  announce(second.registry, 'old', calls, answering('old', calls));
  assert.equal((await untilEnded(second, one)).status.state, 'completed');
  assert.deepEqual(calls, ['new', 'old']);
});

test('a task whose version is gone, or takes no work, goes on with another one', async (t) => {
  const folder = createFolder(t);
  const [one = '', two = ''] = await beginBoth(t, folder);
  const second = await openBench(t, folder);
  const calls: string[] = [];
  announce(second.registry, 'new', calls, { status: 'disabled', capacity: 0 });
  announce(second.registry, 'newest', calls, answering('newest', calls));
  await second.tasks.start();
  for (const id of [one, two]) assert.equal((await untilEnded(second, id)).status.state, 'completed');
  assert.deepEqual(calls, ['newest', 'newest']);
});

test('calls to a disabled agent are refused at once, with a code that says so and no time to come back', async (t) => {
  const bench = await openBench(t, createFolder(t));
  announce(bench.registry, 'old', [], { status: 'disabled', capacity: 0, reason: 'by an operator' });
  await assert.rejects(bench.tasks.send(target, request(false), context, never), (thrown: unknown) => {
    const { code, message, retryAfterMs } = thrown as { code: string; message: string; retryAfterMs?: number };
    assert.deepEqual([code, retryAfterMs], ['AGENT_DISABLED', undefined]);
    assert.match(message, /worker is disabled: by an operator/);
    return true;
  });
});
