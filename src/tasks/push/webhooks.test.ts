import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { ExecutionEvent, Invocation } from '../../agents/index.ts';
import { deferred, ParleyError, silentLogger, silentTelemetry, sleep, systemClock } from '../../base/index.ts';
import type { NewPushConfig, SendRequest } from '../../protocol/index.ts';
import { createRegistry, type Registry } from '../../registry/index.ts';
import { createDeadLetterService, deadLetterCollections } from '../../resilience/index.ts';
import { anonymous, createCallTokens, createChainsInFlight, workerPrincipal } from '../../security/index.ts';
import { openFolderBlobs } from '../../store/blobs/index.ts';
import type { Store } from '../../store/index.ts';
import { openSqliteStore } from '../../store/sqlite/index.ts';
import { createCallResilience } from '../../testing/index.ts';
import { blobUseCollection } from '../blobs.ts';
import type { CallContext, Target } from '../call-context.ts';
import { taskCollectionSchema } from '../documents.ts';
import { taskCollection } from '../events.ts';
import { idempotencyCollection } from '../idempotency.ts';
import { createTaskService, type RunningTaskService } from '../service.ts';
import { defaultTaskSettings } from '../settings.ts';
import { createTestWebhook, type TestWebhook, waitUntil } from './push.fixture.ts';
import { webhookCollection, webhookCollectionSchema } from './webhook-document.ts';

const target: Target = { agentId: 'worker', endpointId: undefined };
const context: CallContext = { principal: anonymous, trace: { correlationId: 'x' } };
const never = new AbortController().signal;
const hook: NewPushConfig = { id: 'hook', url: 'https://example.com/hook', protocolVersion: '1.0' };

interface Bench {
  readonly registry: Registry;
  readonly tasks: RunningTaskService;
  readonly store: Store;
}

function createFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-push-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

interface BenchOptions {
  readonly folder?: string;
  /** The store as the service has it. */
  readonly wrap?: (store: Store) => Store;
}

async function openBench(t: TestContext, webhook: TestWebhook, options: BenchOptions = {}): Promise<Bench> {
  const { folder = createFolder(t), wrap = (own) => own } = options;
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
  const ports = {
    store: wrap(store),
    blobs,
    registry,
    clock: systemClock,
    logger: silentLogger,
    telemetry: silentTelemetry,
  };
  const callTokens = createCallTokens('k'.repeat(43));
  const settings = { ...defaultTaskSettings, cancelWaitMs: 1_000 };
  const tasks = createTaskService({
    ...ports,
    callTokens,
    chains: createChainsInFlight(),
    resilience: createCallResilience(),
    settings,
    push: webhook.options,
  });
  t.after(async () => {
    await tasks.stop(AbortSignal.abort());
    await store.close();
  });
  return { registry, tasks, store };
}

/** An agent that waits for `go` and then answers. */
function announce(registry: Registry, go: Promise<void> = Promise.resolve()): void {
  const skill = { id: 'do', name: 'do', description: '', tags: [], idempotent: false, private: false, timeouts: {} };
  registry.announce({
    id: 'worker-1',
    agentId: 'worker',
    capacity: 10,
    status: 'healthy',
    executor: {
      async *execute(_invocation: Invocation): AsyncGenerator<ExecutionEvent> {
        await go;
        const artifact = { artifactId: 'a', parts: [{ text: 'done' }] };
        yield { kind: 'artifact', artifact, append: false, lastChunk: true };
        yield { kind: 'end', state: 'completed' };
      },
    },
    record: {
      id: 'worker',
      name: 'worker',
      description: '',
      version: '1',
      packageId: '',
      skills: [skill],
      defaultSkill: 'do',
      inputModes: [],
      outputModes: [],
      private: false,
    },
  });
}

function request(push?: NewPushConfig): SendRequest {
  return {
    message: { messageId: 'm', role: 'user', parts: [{ text: 'x' }] },
    configuration: { returnImmediately: true, ...(push && { push }) },
  };
}

async function send(tasks: RunningTaskService, push?: NewPushConfig): Promise<string> {
  const item = await tasks.send(target, request(push), context, never);
  assert.ok(item.kind === 'task');
  return item.task.id;
}

function kindsOf({ requests }: TestWebhook): readonly string[] {
  return requests.map(({ body }) => Object.keys(JSON.parse(body) as object)[0] ?? '');
}

test('a webhook of a send is told of everything that happens, in order', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry);
  await send(tasks, hook);
  await waitUntil('the webhook has been told of the end', () => webhook.requests.length === 3);
  assert.deepEqual(kindsOf(webhook), ['statusUpdate', 'artifactUpdate', 'statusUpdate']);
  assert.match(webhook.requests[2]?.body ?? '', /TASK_STATE_COMPLETED/);
  assert.equal(webhook.requests[0]?.headers['content-type'], 'application/a2a+json');
});

test('a webhook that was told of the end is told what follows when the task is tried again', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks, store } = await openBench(t, webhook);
  const lost = deferred<void>();
  announce(registry, lost.promise);
  const taskId = await send(tasks, hook);
  lost.reject(new ParleyError('WORKER_LOST', 'It was killed.'));
  const told = (state: string): boolean => webhook.requests.some(({ body }) => body.includes(state));
  await waitUntil('the webhook has been told of the failure', () => told('TASK_STATE_FAILED'));
  announce(registry);
  await createDeadLetterService({ store, calls: tasks.callLetters }).redrive(taskId, 'operator');
  await waitUntil('the webhook has been told of the end', () => told('TASK_STATE_COMPLETED'));
  const states = webhook.requests.flatMap(({ body }) => /TASK_STATE_(\w+)/.exec(body)?.[1] ?? []);
  const after = states.slice(states.lastIndexOf('FAILED') + 1);
  assert.deepEqual(after, ['SUBMITTED', 'WORKING', 'COMPLETED']);
});

test('a webhook is told in the version that it was asked for', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry);
  await send(tasks, { ...hook, protocolVersion: '0.3' });
  await waitUntil('the webhook has been told of the end', () => webhook.requests.length === 3);
  const last = JSON.parse(webhook.requests[2]?.body ?? '{}') as { kind: string; final: boolean };
  assert.deepEqual([last.kind, last.final], ['status-update', true]);
});

test('the webhook gets its token and credentials, nobody else does', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  const go = deferred<void>();
  announce(registry, go.promise);
  const id = await send(tasks, { ...hook, token: 'tkn', authentication: { scheme: 'Bearer', credentials: 'crd' } });
  const config = await tasks.push.get(target, { taskId: id, id: 'hook' }, context);
  assert.deepEqual(config, { taskId: id, id: 'hook', url: hook.url });
  go.resolve();
  await waitUntil('the webhook is told', () => webhook.requests.length > 0);
  const headers: Readonly<Record<string, string>> = webhook.requests[0]?.headers ?? {};
  assert.equal(headers['x-a2a-notification-token'], 'tkn');
  assert.equal(headers['authorization'], 'Bearer crd');
});

test('what is sent is signed: the signature names the task, the webhook and the body', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry);
  const id = await send(tasks, hook);
  await waitUntil('the webhook is told', () => webhook.requests.length > 0);
  const headers: Readonly<Record<string, string>> = webhook.requests[0]?.headers ?? {};
  const { keys } = await webhook.options.signer.keys();
  const verified = await jwtVerify(headers['parley-signature'] ?? '', createLocalJWKSet({ keys: [...keys] }), {
    issuer: 'http://fabric.test',
    audience: 'https://example.com',
  });
  assert.equal(verified.payload['task_id'], id);
  assert.equal(verified.payload.jti, headers['parley-delivery']);
});

test('a webhook that is down is tried again, and nothing is left out', async (t) => {
  const webhook = createTestWebhook(10);
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry);
  const cut = async (): Promise<number> => {
    throw new ParleyError('UNREACHABLE', 'nobody there');
  };
  webhook.answers.push(503, 429, cut);
  await send(tasks, hook);
  await waitUntil('the webhook has been told of the end', () => webhook.requests.length === 6);
  const deliveries = webhook.requests.map(({ headers }) => headers['parley-delivery']);
  assert.equal(new Set(deliveries.slice(0, 4)).size, 1);
  assert.equal(new Set(deliveries).size, 3);
});

test('a webhook that stays down or refuses is given up, is listed, and goes on where it stopped when it is told again', async (t) => {
  for (const answers of [
    [500, 500, 500],
    [404],
    [
      async () => {
        throw new ParleyError('PERMISSION_DENIED', 'not allowed');
      },
    ],
  ]) {
    const webhook = createTestWebhook();
    const { registry, tasks } = await openBench(t, webhook);
    announce(registry);
    webhook.answers.push(204, ...answers);
    const id = await send(tasks, hook);
    await waitUntil('the webhook is given up', async () => (await tasks.push.listFailed()).length === 1);
    const [failed] = await tasks.push.listFailed();
    assert.equal(failed?.taskId, id);
    assert.equal(failed.attempts, answers.length);
    const before = webhook.requests.length;
    await tasks.push.redrive(id, 'hook');
    await waitUntil('the rest is told', () => webhook.requests.length === before + 2);
    await waitUntil('nothing is given up any more', async () => (await tasks.push.listFailed()).length === 0);
    await assert.rejects(tasks.push.redrive(id, 'hook'), { code: 'NOT_FOUND' });
  }
});

/** What is committed can be read a while before whoever committed it hears of it. */
function slowToAnswer(store: Store): Store {
  const answerMs = 20;
  const commit: Store['commit'] = async (...args) => {
    await store.commit(...args);
    await sleep(systemClock, answerMs);
  };
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'commit') return commit;
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

test('a webhook that is listed as given up is told again at once', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook, { wrap: slowToAnswer });
  announce(registry);
  webhook.answers.push(204, 404);
  const id = await send(tasks, hook);
  await waitUntil('the webhook is given up', async () => (await tasks.push.listFailed()).length === 1);
  await tasks.push.redrive(id, 'hook');
  await waitUntil('nothing is given up any more', async () => (await tasks.push.listFailed()).length === 0);
});

test('a webhook that is added later is told of what comes then; one that is removed of nothing more', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  const go = deferred<void>();
  announce(registry, go.promise);
  const id = await send(tasks);
  await tasks.push.create(target, { taskId: id, config: hook }, context);
  await tasks.push.create(target, { taskId: id, config: { ...hook, id: 'other' } }, context);
  assert.equal((await tasks.push.list(target, id, context)).length, 2);
  await tasks.push.remove(target, { taskId: id, id: 'other' }, context);
  await tasks.push.remove(target, { taskId: id, id: 'other' }, context);
  go.resolve();
  await waitUntil('the webhook has been told of the end', () => webhook.requests.length === 2);
  assert.ok(webhook.requests.every(({ headers }) => headers['parley-delivery']?.includes('.hook.')));
  await assert.rejects(tasks.push.get(target, { taskId: id, id: 'other' }, context), { code: 'NOT_FOUND' });
});

test('a webhook of a task that has ended is kept and told nothing', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry);
  const id = await send(tasks);
  const state = async (): Promise<string> => (await tasks.get(target, { id }, context)).status.state;
  await waitUntil('the task has ended', async () => (await state()) === 'completed');
  const { id: given } = await tasks.push.create(target, { taskId: id, config: { ...hook, id: 'late' } }, context);
  assert.deepEqual(await tasks.push.get(target, { taskId: id, id: given }, context), {
    taskId: id,
    id: 'late',
    url: hook.url,
  });
  assert.equal(webhook.requests.length, 0);
});

test('what was not told before the node stopped is told after its next start', async (t) => {
  const webhook = createTestWebhook();
  const folder = createFolder(t);
  const hung = deferred<number>();
  webhook.answers.push(204, () => hung.promise);
  const first = await openBench(t, webhook, { folder });
  announce(first.registry);
  const id = await send(first.tasks, hook);
  await waitUntil('the second item is on its way', () => webhook.requests.length === 2);
  await first.tasks.stop(AbortSignal.abort());
  await first.store.close();
  const second = await openBench(t, webhook, { folder });
  announce(second.registry);
  await second.tasks.start();
  await waitUntil('the rest is told', () => webhook.requests.length === 4);
  const deliveries = webhook.requests.map(({ headers }) => headers['parley-delivery']);
  assert.equal(deliveries[1], deliveries[2]);
  assert.ok(deliveries.every((delivery) => delivery?.startsWith(`${id}.hook.`)));
});

test('a caller has no webhooks at tasks of others, and no more than ten at its own', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry, deferred<void>().promise);
  const id = await send(tasks);
  const stranger: CallContext = { ...context, principal: workerPrincipal('other', 'other-1') };
  await assert.rejects(tasks.push.list(target, id, stranger), { code: 'TASK_NOT_FOUND' });
  await assert.rejects(tasks.push.create(target, { taskId: id, config: hook }, stranger), { code: 'TASK_NOT_FOUND' });
  const create = (n: number) => tasks.push.create(target, { taskId: id, config: { ...hook, id: `h${n}` } }, context);
  for (let n = 0; n < 10; n++) await create(n);
  await assert.rejects(create(10), { code: 'QUEUE_FULL' });
});

test('a webhook that may not be called is refused before the task begins', async (t) => {
  const webhook = createTestWebhook();
  const { registry, tasks } = await openBench(t, webhook);
  announce(registry);
  await assert.rejects(send(tasks, { ...hook, url: 'https://private.test' }), { code: 'INVALID_PARAMS' });
  const page = await tasks.list(target, { pageSize: 10, includeArtifacts: false }, context);
  assert.equal(page.tasks.length, 0);
});

for (const [field, change] of [
  ['token', { token: 'mine\r\nx-forged: 1' }],
  ['authentication.credentials', { authentication: { scheme: 'Bearer', credentials: 'łódź' } }],
  ['authentication.scheme', { authentication: { scheme: 'Bearer\n', credentials: 'mine' } }],
  ['id', { id: 'one\ntwo' }],
] as const) {
  test(`a webhook whose ${field} no header can carry is refused`, async (t) => {
    const { registry, tasks } = await openBench(t, createTestWebhook());
    announce(registry, deferred<void>().promise);
    const refusal = { code: 'INVALID_PARAMS', message: new RegExp(`^The webhook's ${field} must`) };
    await assert.rejects(send(tasks, { ...hook, ...change }), refusal);
    const taskId = await send(tasks);
    await assert.rejects(tasks.push.create(target, { taskId, config: { ...hook, ...change } }, context), refusal);
  });
}
