import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Invocation } from '../agents/index.ts';
import { ParleyError, silentLogger } from '../base/index.ts';
import type { SendRequest, StreamItem } from '../protocol/index.ts';
import type { Execution } from '../registry/index.ts';
import type { Right } from '../security/index.ts';
import type { CallContext, TaskService } from '../tasks/index.ts';
import { createExecute } from './execute-order.ts';

const everything: Right = { agents: ['*'], skills: ['*'], operations: ['call', 'read', 'cancel'] };

function createExecution(rest: Partial<Execution> = {}, signal = new AbortController().signal): Execution {
  const invocation: Invocation = {
    id: 'invocation-1',
    agentId: 'parley',
    skill: 'task_execution',
    parts: [],
    task: undefined,
    caller: { id: 'key:ci', roles: ['dev'], path: ['concierge'] },
    callToken: '',
    deadlineAtMs: 2_000,
    signal,
    answers: (async function* () {})(),
    trace: { correlationId: 'c-1' },
  };
  const work = { agentId: 'analyst', skill: 'sum', parts: [{ text: 'x' }], contextId: 'ctx', taskId: undefined };
  return { ...work, deadlineAtMs: 1_000, invocation, ...rest };
}

interface Sent {
  readonly request: SendRequest;
  readonly context: CallContext;
}

const item = {
  kind: 'task',
  task: { id: 't-1', contextId: 'ctx', status: { state: 'working', timestamp: '' }, artifacts: [], history: [] },
} as const satisfies StreamItem;

/** Notes what is sent; blocks while it is to wait, until the signal aborts. */
function createTasks(): { sent: Sent[]; cancelled: string[]; tasks: Pick<TaskService, 'send' | 'cancel'> } {
  const sent: Sent[] = [];
  const cancelled: string[] = [];
  const tasks: Pick<TaskService, 'send' | 'cancel'> = {
    async send(_target, request, context, signal) {
      sent.push({ request, context });
      if (!request.configuration.returnImmediately && signal.aborted) throw signal.reason;
      return item;
    },
    async cancel(_target, { id }) {
      cancelled.push(id);
      return item.task;
    },
  };
  return { sent, cancelled, tasks };
}

test('an order is a link in the chain of its caller, with its roles and rights, under one key', async () => {
  const { sent, tasks } = createTasks();
  const execute = createExecute({ tasks, rightsOf: async () => [[everything]], logger: silentLogger });
  await execute(createExecution());
  await execute(createExecution());
  const [first, again] = sent;
  assert.deepEqual(first?.context, {
    principal: { kind: 'user', id: 'agent:parley', roles: ['dev'], rights: [everything] },
    chain: {
      origin: 'key:ci',
      roles: ['dev'],
      path: ['concierge', 'parley'],
      invocationId: 'invocation-1',
      deadlineAtMs: 1_000,
      correlationId: 'c-1',
    },
    idempotencyKey: 'invocation-1',
    trace: { correlationId: 'c-1' },
  });
  assert.deepEqual(again, first);
});

test('what any credential of the caller does not allow is refused, and so is a caller without any', async () => {
  const { sent, tasks } = createTasks();
  const onlyEcho: Right = { ...everything, agents: ['echo'] };
  const onlyMean: Right = { ...everything, skills: ['mean'] };
  for (const rights of [[[everything], [onlyEcho]], [[onlyMean]], [[]], []]) {
    const execute = createExecute({ tasks, rightsOf: async () => rights, logger: silentLogger });
    await assert.rejects(execute(createExecution()), { code: 'PERMISSION_DENIED' });
  }
  assert.equal(sent.length, 0);
});

test('an aborted order cancels the task that it made', async () => {
  const { sent, cancelled, tasks } = createTasks();
  const abort = new AbortController();
  abort.abort(new ParleyError('CANCELED', 'enough'));
  const execute = createExecute({ tasks, rightsOf: async () => [[everything]], logger: silentLogger });
  await assert.rejects(execute(createExecution({}, abort.signal)), { code: 'CANCELED' });
  assert.deepEqual(cancelled, ['t-1']);
  assert.deepEqual(sent[1]?.request.message, sent[0]?.request.message);
});
