import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import type { JsonObject } from '../../../src/base/index.ts';
import { type A2aBindings, type AskAgent, openBindings } from '../../support/a2a-bindings.ts';
import { deployHealthy, fixtureAgent, startTestNode, type TestNode } from '../../support/test-node.ts';

let node: TestNode;
let opened: A2aBindings;
const agent = 'node-tester';

before(async () => {
  node = await startTestNode({ settings: { push: { allowHosts: ['127.0.0.1'] } } });
  await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('node') } });
  opened = await openBindings(node);
});

after(async () => {
  opened?.close();
  await node.close();
});

function createSend(skill: string, parts: readonly object[], more: object = {}): object {
  return { message: { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata: { skill }, ...more } };
}

/** What each binding answers to the same question. */
async function askAll(ask: (binding: AskAgent) => Promise<unknown>): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const binding of Object.values(opened.bindings)) answers.push(await ask(binding));
  return answers;
}

function assertSame(answers: readonly unknown[]): void {
  assert.equal(answers.length, 3);
  for (const answer of answers.slice(1)) assert.deepEqual(answer, answers[0]);
}

/** Without what differs between two tasks that say the same. */
function anonymize(task: JsonObject): unknown {
  const hide = (name: string, value: unknown): unknown =>
    /^(id|taskId|contextId|messageId|artifactId|timestamp)$/.test(name) ? undefined : value;
  return JSON.parse(JSON.stringify(task, hide));
}

test('the same message has the same result on every binding: data, text, bytes, and a failure', async () => {
  for (const [skill, part] of [
    ['object', { data: { a: 40, b: 2 } }],
    ['text', { data: { name: 'Ä' } }],
    ['bytes', { data: {} }],
    ['files', { raw: 'AAH+/w==', filename: 'a.bin', mediaType: 'application/x-test' }],
    ['fail', { data: {} }],
  ] as const) {
    assertSame(
      await askAll(async (ask) =>
        anonymize((await ask(agent, 'SendMessage', createSend(skill, [part])))['task'] as JsonObject),
      ),
    );
  }
});

test('a task is the same on every binding, got, listed and cancelled, whichever it was sent by', async () => {
  for (const send of Object.values(opened.bindings)) {
    const contextId = randomUUID();
    const sent = await send(agent, 'SendMessage', createSend('object', [{ data: { a: 1, b: 2 } }], { contextId }));
    const { id } = sent['task'] as { readonly id: string };
    assertSame(await askAll((ask) => ask(agent, 'GetTask', { id })));
    assertSame(await askAll((ask) => ask(agent, 'ListTasks', { contextId, includeArtifacts: true })));
  }
});

test('webhooks are kept, shown and removed in the same way on every binding', async () => {
  const sent = await opened.bindings.gRPC(agent, 'SendMessage', createSend('object', [{ data: { a: 1, b: 2 } }]));
  const { id: taskId } = sent['task'] as { readonly id: string };
  const config = { taskId, id: 'hook', url: 'http://127.0.0.1:9/hook' };
  assertSame(
    await askAll(async (ask) => {
      const made = await ask(agent, 'CreateTaskPushNotificationConfig', config);
      const got = await ask(agent, 'GetTaskPushNotificationConfig', { taskId, id: 'hook' });
      const listed = await ask(agent, 'ListTaskPushNotificationConfigs', { taskId });
      await ask(agent, 'DeleteTaskPushNotificationConfig', { taskId, id: 'hook' });
      const gone = await ask(agent, 'GetTaskPushNotificationConfig', { taskId, id: 'hook' }).catch(
        ({ reason }: { reason: string }) => reason,
      );
      return [made, got, listed['configs'], gone];
    }),
  );
});

interface Refused {
  readonly what: string;
  readonly method: string;
  readonly params: () => object | Promise<object>;
  readonly reason: string;
  readonly http: number;
  readonly rpc: number;
  readonly grpc: status;
}

const notThere = { reason: 'TASK_NOT_FOUND', http: 404, rpc: -32001, grpc: status.NOT_FOUND };
const invalid = { reason: 'INVALID_PARAMS', http: 400, rpc: -32602, grpc: status.INVALID_ARGUMENT };

async function endedTask(): Promise<object> {
  const sent = await opened.bindings['JSON-RPC'](
    agent,
    'SendMessage',
    createSend('object', [{ data: { a: 1, b: 2 } }]),
  );
  return { id: (sent['task'] as { readonly id: string }).id };
}

const refused: readonly Refused[] = [
  { what: 'a task that is not there', method: 'GetTask', params: () => ({ id: 'none' }), ...notThere },
  { what: 'cancelling a task that is not there', method: 'CancelTask', params: () => ({ id: 'none' }), ...notThere },
  {
    ...{ what: 'a further message to a task that is not there', method: 'SendMessage', ...notThere },
    params: () => createSend('object', [{ text: 'x' }], { taskId: 'none' }),
  },
  {
    ...{ what: 'cancelling a task that has ended', method: 'CancelTask', params: endedTask },
    ...{ reason: 'TASK_NOT_CANCELABLE', http: 400, rpc: -32002, grpc: status.FAILED_PRECONDITION },
  },
  { what: 'a message without parts', method: 'SendMessage', params: () => createSend('object', []), ...invalid },
  { what: 'a list with a page of no tasks', method: 'ListTasks', params: () => ({ pageSize: 101 }), ...invalid },
  {
    ...{ what: 'an extended card where there is none', method: 'GetExtendedAgentCard', params: () => ({}) },
    ...{ reason: 'UNSUPPORTED_OPERATION', http: 400, rpc: -32004, grpc: status.FAILED_PRECONDITION },
  },
];

for (const { what, method, params, reason, http, rpc, grpc } of refused) {
  test(`what is refused is refused on every binding with the same reason: ${what}`, async () => {
    const given = await params();
    const codes = { 'JSON-RPC': rpc, 'HTTP+JSON': http, gRPC: grpc };
    for (const [name, ask] of Object.entries(opened.bindings)) {
      await assert.rejects(ask(agent, method, given), { reason, code: codes[name as keyof typeof codes] }, name);
    }
  });
}
