import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type AgentCard as Card1, type Message as Message1, type Part as Part1, TaskState } from '@a2a-js/sdk';
import * as sdk1 from '@a2a-js/sdk/server';
import * as express1 from '@a2a-js/sdk/server/express';
import type { AgentCard as Card3, Message as Message3, Task as Task3 } from 'a2a-sdk-0.3';
import * as sdk3 from 'a2a-sdk-0.3/server';
import * as express3 from 'a2a-sdk-0.3/server/express';
import express from 'express';
import {
  type AgentExecutor,
  createCardReader,
  createRemoteExecutor,
  type ExecutionEvent,
  type Invocation,
} from '../../src/agents/index.ts';
import { createId, ParleyError } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/drivers/http/index.ts';
import type { Message } from '../../src/protocol/index.ts';

/** What the official SDK's servers do here: pieces, a question with its answer, or nothing until they are cancelled. */
type Script = 'pieces' | 'question' | 'wait';

const never = new AbortController().signal;

interface Said {
  readonly text: string;
  readonly isFollowUp: boolean;
}

/** The steps of a script, whatever the SDK's version: an artifact piece, a question, or the end. */
function stepsOf({ text, isFollowUp }: Said): readonly { kind: 'piece' | 'ask' | 'end'; text: string }[] {
  if (isFollowUp)
    return [
      { kind: 'piece', text: `you said ${text}` },
      { kind: 'end', text: '' },
    ];
  if ((text as Script) === 'wait') return [];
  if ((text as Script) === 'question') return [{ kind: 'ask', text: 'Which year?' }];
  return [...[0, 1, 2].map((n) => ({ kind: 'piece' as const, text: `piece ${n}` })), { kind: 'end', text: '' }];
}

const part1 = (text: string): Part1 => ({
  content: { $case: 'text', value: text },
  ...{ metadata: undefined, filename: '', mediaType: '' },
});

const executor1: sdk1.AgentExecutor = {
  async execute({ taskId, contextId, userMessage, task }, bus) {
    const ref = { taskId, contextId, metadata: undefined };
    const say = (state: TaskState, text: string): void => {
      const told: Message1 = {
        ...{ messageId: createId(), role: 2, parts: [part1(text)], taskId, contextId, metadata: undefined },
        ...{ extensions: [], referenceTaskIds: [] },
      };
      const message = text === '' ? undefined : told;
      bus.publish(sdk1.AgentEvent.statusUpdate({ ...ref, status: { state, message, timestamp: undefined } }));
    };
    if (!task) {
      const status = { state: TaskState.TASK_STATE_WORKING, message: undefined, timestamp: undefined };
      const begun = { id: taskId, contextId, status, artifacts: [], history: [userMessage], metadata: undefined };
      bus.publish(sdk1.AgentEvent.task(begun));
    }
    const content = userMessage.parts[0]?.content;
    const text = content?.$case === 'text' ? content.value : '';
    let append = false;
    for (const step of stepsOf({ text, isFollowUp: task !== undefined })) {
      if (step.kind === 'ask') say(TaskState.TASK_STATE_INPUT_REQUIRED, step.text);
      else if (step.kind === 'end') say(TaskState.TASK_STATE_COMPLETED, '');
      else {
        const named = { artifactId: 'out', name: '', description: '', metadata: undefined, extensions: [] };
        const artifact = { ...named, parts: [part1(step.text)] };
        bus.publish(sdk1.AgentEvent.artifactUpdate({ ...ref, artifact, append, lastChunk: false }));
        append = true;
      }
    }
    if ((text as Script) !== 'wait') bus.finished();
  },
  async cancelTask(taskId, bus) {
    const status = { state: TaskState.TASK_STATE_CANCELED, message: undefined, timestamp: undefined };
    bus.publish(sdk1.AgentEvent.statusUpdate({ taskId, contextId: '', status, metadata: undefined }));
    bus.finished();
  },
};

const executor3: sdk3.AgentExecutor = {
  async execute({ taskId, contextId, userMessage, task }, bus) {
    const say = (state: Task3['status']['state'], text: string, final: boolean): void => {
      const parts = [{ kind: 'text' as const, text }];
      const told: Message3 = { kind: 'message', messageId: createId(), role: 'agent', parts, taskId, contextId };
      const status = { state, ...(text !== '' && { message: told }) };
      bus.publish({ kind: 'status-update', taskId, contextId, status, final });
    };
    if (!task) {
      bus.publish({ kind: 'task', id: taskId, contextId, status: { state: 'working' }, history: [userMessage] });
    }
    const [first] = userMessage.parts;
    const text = first?.kind === 'text' ? first.text : '';
    let append = false;
    for (const step of stepsOf({ text, isFollowUp: task !== undefined })) {
      if (step.kind === 'ask') say('input-required', step.text, true);
      else if (step.kind === 'end') say('completed', '', true);
      else {
        const artifact = { artifactId: 'out', parts: [{ kind: 'text' as const, text: step.text }] };
        bus.publish({ kind: 'artifact-update', taskId, contextId, artifact, append });
        append = true;
      }
    }
    if ((text as Script) !== 'wait') bus.finished();
  },
  async cancelTask(taskId, bus) {
    bus.publish({ kind: 'status-update', taskId, contextId: '', status: { state: 'canceled' }, final: true });
    bus.finished();
  },
};

const common = { name: 'peer', description: 'An agent of the official SDK.', version: '1.0.0' };
const modes = { defaultInputModes: ['text/plain'], defaultOutputModes: ['text/plain'] };

function mount1(url: string, app: express.Express, binding: string, streaming: boolean): void {
  const card: Card1 = {
    ...{ ...common, ...modes, provider: undefined, skills: [], signatures: [] },
    supportedInterfaces: [{ url, protocolBinding: binding, tenant: '', protocolVersion: '1.0' }],
    ...{ capabilities: { streaming, pushNotifications: false, extensions: [] } },
    ...{ securitySchemes: {}, securityRequirements: [] },
  };
  const requestHandler = new sdk1.DefaultRequestHandler(card, new sdk1.InMemoryTaskStore(), executor1);
  const userBuilder = express1.UserBuilder.noAuthentication;
  app.use('/.well-known/agent-card.json', express1.agentCardHandler({ agentCardProvider: requestHandler }));
  const handler = binding === 'JSONRPC' ? express1.jsonRpcHandler : express1.restHandler;
  app.use('/', handler({ requestHandler, userBuilder }));
}

function mount3(url: string, app: express.Express, binding: string, streaming: boolean): void {
  const capabilities = { streaming, pushNotifications: false };
  const card: Card3 = { ...common, ...modes, skills: [], url, protocolVersion: '0.3.0', capabilities };
  const requestHandler = new sdk3.DefaultRequestHandler(
    { ...card, preferredTransport: binding },
    new sdk3.InMemoryTaskStore(),
    executor3,
  );
  const userBuilder = express3.UserBuilder.noAuthentication;
  app.use('/.well-known/agent-card.json', express3.agentCardHandler({ agentCardProvider: requestHandler }));
  const handler = binding === 'JSONRPC' ? express3.jsonRpcHandler : express3.restHandler;
  app.use('/', handler({ requestHandler, userBuilder }));
}

type Mount = typeof mount1;

async function startPeer(t: TestContext, mount: Mount, binding: string, streaming: boolean): Promise<AgentExecutor> {
  const app = express();
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  mount(url, app, binding, streaming);
  const http = createHttpClient({ allow: { kind: 'origins', origins: [url] } });
  t.after(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const { card } = await createCardReader({ http, url, headers: () => ({}) }).read(undefined, never);
  return createRemoteExecutor({ http, card: () => card, patience: { askPollMs: 200 } });
}

function createInvocation(script: Script, change: Partial<Invocation> = {}): Invocation {
  return {
    ...{ id: createId(), agentId: 'peer', skill: undefined, parts: [{ text: script }], task: undefined },
    ...{ caller: { id: 'anonymous', roles: [], path: [] }, callToken: '', deadlineAtMs: undefined, signal: never },
    ...{ answers: (async function* () {})(), trace: { correlationId: createId() } },
    ...change,
  };
}

function textOf(events: readonly ExecutionEvent[]): string {
  const parts = events.flatMap((event) => (event.kind === 'artifact' ? event.artifact.parts : []));
  return parts.map((part) => ('text' in part ? part.text : '')).join('|');
}

async function collect(executor: AgentExecutor, invocation: Invocation): Promise<readonly ExecutionEvent[]> {
  const events: ExecutionEvent[] = [];
  for await (const event of executor.execute(invocation)) events.push(event);
  return events;
}

const peers: readonly [name: string, mount: Mount, binding: string, streaming: boolean][] = [
  ['1.0 by JSON-RPC', mount1, 'JSONRPC', true],
  ['1.0 by HTTP+JSON', mount1, 'HTTP+JSON', true],
  ['1.0 without streams', mount1, 'JSONRPC', false],
  ['0.3 by JSON-RPC', mount3, 'JSONRPC', true],
  ['0.3 by HTTP+JSON', mount3, 'HTTP+JSON', true],
  ['0.3 without streams', mount3, 'JSONRPC', false],
];

for (const [name, mount, binding, streaming] of peers) {
  test(`the official server of ${name}: pieces come in order, and the call ends`, async (t) => {
    const executor = await startPeer(t, mount, binding, streaming);
    const events = await collect(executor, createInvocation('pieces'));
    assert.equal(textOf(events), 'piece 0|piece 1|piece 2');
    assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
  });

  test(`the official server of ${name}: a question is asked, and its answer arrives`, async (t) => {
    const executor = await startPeer(t, mount, binding, streaming);
    const answers = (async function* (): AsyncGenerator<Message> {
      yield { messageId: createId(), role: 'user', parts: [{ text: '2026' }] };
    })();
    const task = { id: createId(), contextId: createId(), messageId: createId(), metadata: {} };
    const events = await collect(executor, createInvocation('question', { answers, task }));
    assert.ok(events.some((event) => event.kind === 'ask' && JSON.stringify(event.parts).includes('Which year?')));
    assert.equal(textOf(events), 'you said 2026');
  });

  test(`the official server of ${name}: a cancellation reaches it`, async (t) => {
    const executor = await startPeer(t, mount, binding, streaming);
    const controller = new AbortController();
    const ended = collect(executor, createInvocation('wait', { signal: controller.signal }));
    setTimeout(() => controller.abort(new ParleyError('CANCELED', 'Enough.')), 300);
    const last = (await ended).at(-1);
    assert.ok(last?.kind === 'end' && last.state === 'canceled', JSON.stringify(last));
  });
}
