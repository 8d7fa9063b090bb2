import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AgentExecutor } from '../../src/agents/index.ts';
import { silentLogger, silentTelemetry, systemClock } from '../../src/base/index.ts';
import type { Task } from '../../src/protocol/index.ts';
import { createRegistry } from '../../src/registry/index.ts';
import {
  createDeadLetterService,
  type DeadLetterService,
  deadLetterCollections,
  defaultResilience,
} from '../../src/resilience/index.ts';
import { anonymous, createCallTokens, createChainsInFlight, createSealer } from '../../src/security/index.ts';
import { openFolderBlobs } from '../../src/store/blobs/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import {
  blobUseCollection,
  createTaskService,
  defaultTaskSettings,
  idempotencyCollection,
  type RunningTaskService,
  taskCollection,
  taskCollectionSchema,
  webhookCollection,
  webhookCollectionSchema,
} from '../../src/tasks/index.ts';
import { createCallResilience } from '../../src/testing/index.ts';
import { requires } from '../support/requires.ts';
import { executorKinds, type Fault } from './executor-kinds.ts';
import { type After, createAfter, createFolder } from './runtime-fixture.ts';

interface Expected {
  readonly state: Task['status']['state'];
  /** One of these; empty: it did not fail. */
  readonly codes: readonly string[];
  readonly attempts: number;
  /** What the breaker has counted. */
  readonly failures: number;
}

/** The same for every kind: a caller need not know what an agent is made of. */
const table: Readonly<Record<Fault, Expected>> = {
  hangs: { state: 'failed', codes: ['DEADLINE_EXCEEDED'], attempts: 1, failures: 1 },
  crashes: { state: 'failed', codes: ['OUTCOME_UNKNOWN'], attempts: 1, failures: 1 },
  refuses: { state: 'failed', codes: ['AGENT_UNAVAILABLE'], attempts: 4, failures: 4 },
  slow: { state: 'completed', codes: [], attempts: 0, failures: 0 },
  garbage: { state: 'failed', codes: ['OUTCOME_UNKNOWN', 'INVALID_AGENT_RESPONSE'], attempts: 1, failures: 1 },
};

const words: Readonly<Record<Fault, string>> = {
  hangs: 'hangs',
  crashes: 'dies at work',
  refuses: 'takes no calls',
  slow: 'is slow but speaks',
  garbage: 'answers garbage',
};

const idleMs = 1_000;
const target = { agentId: 'faulty', endpointId: undefined };
const context = { principal: anonymous, trace: { correlationId: 'x' } };
const newest = { limit: 10, order: 'newest' } as const;

for (const kind of executorKinds) {
  for (const [fault, usual] of Object.entries(table) as [Fault, Expected][]) {
    const expected = kind.silent.includes(fault) ? table.hangs : usual;
    const { skip } = requires(...kind.needs);
    test(`${kind.name} that ${words[fault]} leaves its task ${expected.state}`, {
      timeout: 60_000,
      skip,
    }, async (t) => {
      const after = createAfter(t);
      const { tasks, deadLetters, resilience } = await openTasks(after, await kind.open(fault, after));
      const state = await send(t, tasks);
      const { letters } = await deadLetters.list(newest);
      assert.equal(state, expected.state);
      assert.equal(letters.length, expected.codes.length === 0 ? 0 : 1);
      assert.equal(letters[0]?.attempts ?? 0, expected.attempts);
      const code = letters[0]?.code;
      assert.ok(code === undefined || expected.codes.includes(code), code);
      assert.equal(resilience.breakers.view('faulty').failures, expected.failures);
    });
  }
}

async function send(t: TestContext, tasks: RunningTaskService): Promise<string> {
  const message = { messageId: 'm-1', role: 'user' as const, parts: [{ text: 'go' }] };
  const answer = await tasks.send(target, { message, configuration: { returnImmediately: false } }, context, t.signal);
  return answer.kind === 'task' ? answer.task.status.state : answer.kind;
}

interface Opened {
  readonly tasks: RunningTaskService;
  readonly deadLetters: DeadLetterService;
  readonly resilience: ReturnType<typeof createCallResilience>;
}

async function openTasks(after: After, executor: AgentExecutor): Promise<Opened> {
  const folder = await createFolder(after);
  const collections = {
    [taskCollection]: taskCollectionSchema(1_000),
    [idempotencyCollection]: { indexes: [] },
    [blobUseCollection]: { indexes: [] },
    [webhookCollection]: webhookCollectionSchema,
    ...deadLetterCollections(1_000),
  };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema: { collections } });
  after(() => store.close());
  const registry = createRegistry();
  const retry = { ...defaultResilience.retry, firstDelayMs: 10 };
  const resilience = createCallResilience(systemClock, { ...defaultResilience, retry });
  announce(registry, executor);
  const tasks = createTaskService({
    ...{ store, registry, resilience, clock: systemClock, logger: silentLogger, telemetry: silentTelemetry },
    blobs: await openFolderBlobs({ folder: join(folder, 'blobs') }),
    callTokens: createCallTokens('k'.repeat(43)),
    chains: createChainsInFlight(),
    settings: { ...defaultTaskSettings, idleMs },
    push: noPush,
  });
  after(() => tasks.stop(AbortSignal.abort()));
  return { tasks, deadLetters: createDeadLetterService({ store, calls: tasks.callLetters }), resilience };
}

const noPush = {
  transport: { checkUrl() {}, post: async () => 200 },
  signer: { sign: async () => '', keys: async () => ({ keys: [] }) } as never,
  sealer: createSealer('k'.repeat(43)),
  retry: { maxAttempts: 1, firstDelayMs: 1, maxDelayMs: 1 },
  timeoutMs: 1,
};

function announce(registry: ReturnType<typeof createRegistry>, executor: AgentExecutor): void {
  const skill = { id: 'do', name: 'do', description: '', tags: [], idempotent: false, private: false, timeouts: {} };
  const record = {
    ...{ id: 'faulty', name: 'faulty', description: '', version: '1.0.0', packageId: 'faulty@1.0.0', private: false },
    ...{ skills: [skill], defaultSkill: 'do', inputModes: [], outputModes: [] },
  };
  registry.announce({ id: 'faulty-1', agentId: 'faulty', record, executor, capacity: 10, status: 'healthy' });
}
