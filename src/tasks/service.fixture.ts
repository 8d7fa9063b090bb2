import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'node:test';
import type { AgentExecutor, ExecutionEvent, Invocation, SkillRecord } from '../agents/index.ts';
import { type Clock, deferred, silentLogger, silentTelemetry, systemClock } from '../base/index.ts';
import type { Message, Part, SendRequest, StreamItem, Task } from '../protocol/index.ts';
import { createRegistry, type Registry } from '../registry/index.ts';
import { createDeadLetterService, type DeadLetterService, deadLetterCollections } from '../resilience/index.ts';
import {
  anonymous,
  type CallTokens,
  createCallTokens,
  createChainsInFlight,
  operator,
  type Principal,
} from '../security/index.ts';
import { openFolderBlobs } from '../store/blobs/index.ts';
import type { BlobStore, Store } from '../store/index.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { createCallResilience } from '../testing/index.ts';
import { blobUseCollection } from './blobs.ts';
import type { CallContext, Target } from './call-context.ts';
import { taskCollectionSchema } from './documents.ts';
import { taskCollection } from './events.ts';
import { idempotencyCollection } from './idempotency.ts';
import type { SequencedItem } from './port.ts';
import { createTestWebhook } from './push/push.fixture.ts';
import { webhookCollection, webhookCollectionSchema } from './push/webhook-document.ts';
import { createTaskService, type RunningTaskService } from './service.ts';
import { defaultTaskSettings, type TaskSettings } from './settings.ts';

/** What an agent of a test does. */
export type Work = (invocation: Invocation) => AsyncIterable<ExecutionEvent>;

/** A task service on a store of its own. */
export interface Bench {
  readonly folder: string;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly registry: Registry;
  readonly tasks: RunningTaskService;
  readonly deadLetters: DeadLetterService;
  readonly commits: () => number;
}

/** The agent of most tests. */
export const target: Target = { agentId: 'worker', endpointId: undefined };
/** A signal that does not abort. */
export const never: AbortSignal = new AbortController().signal;
const cleanups: (() => Promise<void>)[] = [];
const tokens: CallTokens = createCallTokens('k'.repeat(43));

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A task service in a folder of its own; gone after the test, unless the folder is given. */
export async function openBench(
  folder: string = mkdtempSync(join(tmpdir(), 'parley-tasks-')),
  settings: Partial<TaskSettings> = {},
  clock: Clock = systemClock,
): Promise<Bench> {
  const schema = {
    collections: {
      [taskCollection]: taskCollectionSchema(1_000),
      [idempotencyCollection]: { indexes: [] },
      [blobUseCollection]: { indexes: [] },
      [webhookCollection]: webhookCollectionSchema,
      ...deadLetterCollections(1_000),
    },
  };
  const opened = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema });
  let commits = 0;
  const store: Store = Object.create(opened, {
    commit: {
      value: (commit: Parameters<Store['commit']>[0]) => {
        commits++;
        return opened.commit(commit);
      },
    },
    ...Object.fromEntries(
      (['read', 'tail', 'readShard', 'get', 'find', 'acquireLease', 'close'] as const).map((name) => [
        name,
        { value: opened[name].bind(opened) },
      ]),
    ),
  }) as Store;
  const blobs = await openFolderBlobs({ folder: join(folder, 'blobs') });
  const registry = createRegistry();
  const webhook = createTestWebhook();
  const options = {
    store,
    blobs,
    registry,
    callTokens: tokens,
    chains: createChainsInFlight(),
    resilience: createCallResilience(clock),
    push: webhook.options,
    clock,
    logger: silentLogger,
    telemetry: silentTelemetry,
  };
  const tasks = createTaskService({ ...options, settings: { ...defaultTaskSettings, ...settings } });
  cleanups.push(async () => {
    await tasks.stop(AbortSignal.abort());
    await opened.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const deadLetters = createDeadLetterService({ store, calls: tasks.callLetters });
  return { folder, store, blobs, registry, tasks, deadLetters, commits: () => commits };
}

/** What differs from an idle, healthy agent. */
export interface AnnounceOptions {
  readonly agentId?: string;
  readonly capacity?: number;
  readonly idempotent?: boolean;
  readonly hedgeAfterMs?: number;
  readonly status?: 'healthy' | 'starting' | 'failed';
}

/** Announces an agent with one skill that does `work`. */
export function announce(registry: Registry, work: Work, options: AnnounceOptions = {}): void {
  const { agentId = 'worker', capacity = 10, idempotent = false, status = 'healthy', hedgeAfterMs } = options;
  const skill: SkillRecord = {
    id: 'do',
    name: 'do',
    description: '',
    tags: [],
    idempotent,
    private: false,
    timeouts: {},
    resilience: { hedgeAfterMs },
  };
  const executor: AgentExecutor = { execute: work };
  registry.announce({
    id: `${agentId}-1`,
    agentId,
    record: {
      id: agentId,
      name: agentId,
      description: '',
      version: '1.0.0',
      packageId: `${agentId}@1.0.0`,
      skills: [skill],
      defaultSkill: 'do',
      inputModes: [],
      outputModes: [],
      private: false,
    },
    executor,
    capacity,
    status,
  });
}

/** Completes with the parts as its artifact. */
export async function* answerWith(...parts: Part[]): AsyncGenerator<ExecutionEvent> {
  yield { kind: 'artifact', artifact: { artifactId: 'result', parts }, append: false, lastChunk: true };
  yield { kind: 'end', state: 'completed' };
}

/** Works until it is stopped, then says so. */
export async function* untilStopped({ signal }: Invocation, speaks: boolean = true): AsyncGenerator<ExecutionEvent> {
  const stopped = deferred<void>();
  signal.addEventListener('abort', () => stopped.resolve());
  if (speaks) yield { kind: 'status', text: 'working' };
  await stopped.promise;
  yield { kind: 'end', state: 'canceled' };
}

/** A send of one text. */
export function request(rest: Partial<Message> = {}, returnImmediately = false): SendRequest {
  return {
    message: { messageId: 'm-1', role: 'user', parts: [{ text: 'go' }], ...rest },
    configuration: { returnImmediately },
  };
}

/** Who calls; nobody in particular by default. */
export function context(principal: Principal = anonymous, rest: Partial<CallContext> = {}): CallContext {
  return { principal, trace: { correlationId: 'x' }, ...rest };
}

/** The task of an answer that is one. */
export function taskOf(item: StreamItem): Task {
  assert.equal(item.kind, 'task');
  return (item as Extract<StreamItem, { kind: 'task' }>).task;
}

/** All items of a stream. */
export async function collect(stream: AsyncIterable<readonly SequencedItem[]>): Promise<SequencedItem[]> {
  const all: SequencedItem[] = [];
  for await (const batch of stream) all.push(...batch);
  return all;
}

/** The task once it has come into the state. */
export async function waitFor(
  tasks: RunningTaskService,
  id: string,
  state: string,
  at: Target = target,
): Promise<Task> {
  const items = tasks.subscribe(at, { id }, context(operator), 0, never);
  for await (const batch of items) {
    if (batch.some(({ item }) => item.kind === 'status' && item.update.status.state === state)) break;
  }
  return tasks.get(at, { id }, context(operator));
}
