import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { createHttpClient } from '../../drivers/http/index.ts';
import { formatSseEvent, idempotentSendExtension, type StreamItem, type Task, v1Codec } from '../../protocol/index.ts';
import type { AgentExecutor, ExecutionEvent, Invocation } from '../port.ts';
import { createRemoteExecutor, type RemoteExecutorOptions } from './remote-executor.ts';

interface Asked {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly params: Record<string, unknown>;
}

/** Answers one JSON-RPC call by hand. */
type Script = (asked: Asked, response: ServerResponse) => void;

interface Remote {
  readonly executor: AgentExecutor;
  readonly asked: Asked[];
  readonly url: string;
}

const patience = { reconnectMs: 5_000, cancelWaitMs: 1_000, askPollMs: 20 };

async function startRemote(
  t: TestContext,
  script: Script,
  { doesOnce = false, ...more }: Partial<RemoteExecutorOptions> & { doesOnce?: boolean } = {},
): Promise<Remote> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { method, params } = JSON.parse(Buffer.concat(chunks).toString());
      const call = { method, params, headers: request.headers };
      asked.push(call);
      script(call, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const http = createHttpClient({ allow: { kind: 'origins', origins: [url] } });
  t.after(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const card = {
    supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
    capabilities: {
      streaming: true,
      pushNotifications: false,
      extendedAgentCard: false,
      extensions: doesOnce ? [idempotentSendExtension] : [],
    },
  } as const;
  return { executor: createRemoteExecutor({ http, card: () => card, patience, ...more }), asked, url };
}

function createInvocation(change: Partial<Invocation> = {}): Invocation {
  return {
    id: 'invocation-1',
    agentId: 'far',
    skill: 'sum',
    parts: [{ text: 'hi' }],
    task: { id: 'own', contextId: 'ctx', messageId: 'm1', metadata: { tone: 'dry' } },
    caller: { id: 'anonymous', roles: [], path: [] },
    callToken: 'secret-token',
    deadlineAtMs: undefined,
    signal: new AbortController().signal,
    answers: (async function* () {})(),
    trace: { correlationId: 'corr-1', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    ...change,
  };
}

async function collect(executor: AgentExecutor, change: Partial<Invocation> = {}): Promise<readonly ExecutionEvent[]> {
  const events: ExecutionEvent[] = [];
  for await (const event of executor.execute(createInvocation(change))) events.push(event);
  return events;
}

function task(state: Task['status']['state'], artifacts: Task['artifacts'] = []): StreamItem {
  return {
    kind: 'task',
    task: { id: 't1', contextId: 'c1', status: { state, timestamp: '' }, artifacts, history: [] },
  };
}

function chunk(text: string, append: boolean): StreamItem {
  const artifact = { artifactId: 'a', parts: [{ text }] };
  return { kind: 'artifact', update: { taskId: 't1', contextId: 'c1', artifact, append, lastChunk: false } };
}

const completed: StreamItem = {
  kind: 'status',
  update: { taskId: 't1', contextId: 'c1', status: { state: 'completed', timestamp: '' } },
};

function writeItems(response: ServerResponse, items: readonly StreamItem[], firstId?: number): void {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' });
  items.forEach((item, index) => {
    const data = JSON.stringify({ jsonrpc: '2.0', id: 1, result: v1Codec.encodeStreamItem(item) });
    response.write(formatSseEvent({ ...(firstId !== undefined && { id: String(firstId + index) }), data }));
  });
}

function answer(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, ...body }));
}

function answerTask(response: ServerResponse, item: StreamItem): void {
  answer(response, { result: item.kind === 'task' ? v1Codec.encodeTask(item.task) : {} });
}

function textsOf(events: readonly ExecutionEvent[]): readonly string[] {
  return events.flatMap((event) =>
    event.kind === 'artifact' ? event.artifact.parts.map((part) => ('text' in part ? part.text : '?')) : [],
  );
}

test('a stream that breaks goes on behind the last event that came', async (t) => {
  const { executor, asked } = await startRemote(t, ({ method, headers }, response) => {
    if (method === 'SendStreamingMessage') {
      writeItems(response, [task('working'), chunk('one', false), chunk('two', true)], 1);
      setTimeout(() => response.destroy(), 20);
    } else {
      assert.equal(headers['last-event-id'], '3');
      writeItems(response, [chunk('three', true), completed], 4);
      response.end();
    }
  });
  const events = await collect(executor);
  assert.deepEqual(textsOf(events), ['one', 'two', 'three']);
  assert.deepEqual(events.at(-1), { kind: 'end', state: 'completed' });
  assert.deepEqual(
    asked.map(({ method }) => method),
    ['SendStreamingMessage', 'SubscribeToTask'],
  );
});

test('a server that resumes with the whole task brings only what is new', async (t) => {
  const whole = [{ artifactId: 'a', parts: [{ text: 'one' }, { text: 'two' }, { text: 'three' }] }];
  const { executor } = await startRemote(t, ({ method }, response) => {
    if (method === 'SendStreamingMessage') {
      writeItems(response, [task('working'), chunk('one', false), chunk('two', true)]);
      setTimeout(() => response.destroy(), 20);
    } else if (method === 'SubscribeToTask') answer(response, { error: { code: -32004, message: 'not here' } });
    else answerTask(response, task('completed', whole));
  });
  assert.deepEqual(textsOf(await collect(executor)), ['one', 'two', 'three']);
});

test('the call carries its key, trace and time, the credentials, and no token of the fabric', async (t) => {
  const headers = (): Record<string, string> => ({ authorization: 'Bearer far' });
  const script: Script = (_asked, response) => {
    writeItems(response, [{ kind: 'message', message: { messageId: 'r', role: 'agent', parts: [{ text: 'ok' }] } }]);
    response.end();
  };
  const { executor, asked } = await startRemote(t, script, { headers });
  const events = await collect(executor, { deadlineAtMs: Date.now() + 60_000 });
  assert.deepEqual(events, [{ kind: 'reply', parts: [{ text: 'ok' }] }]);
  const [call] = asked;
  assert.equal(call?.headers['idempotency-key'], 'invocation-1');
  assert.equal(call?.headers['a2a-version'], '1.0');
  assert.equal(call?.headers['x-correlation-id'], 'corr-1');
  assert.match(String(call?.headers['traceparent']), /^00-0af7/);
  assert.equal(call?.headers['authorization'], 'Bearer far');
  assert.ok(Number(call?.headers['parley-timeout-ms']) > 50_000);
  assert.doesNotMatch(JSON.stringify(call), /secret-token/);
  assert.ok(call);
  const { message } = call.params as { message: { contextId: string; metadata: unknown } };
  assert.deepEqual([message.contextId, message.metadata], ['ctx', { tone: 'dry', skill: 'sum' }]);
});

test('a server that cannot be reached has done nothing, one that breaks off may have', async (t) => {
  const { executor, url } = await startRemote(t, (_asked, response) => response.destroy());
  await assert.rejects(collect(executor), { code: 'OUTCOME_UNKNOWN' });
  const card = {
    supportedInterfaces: [{ url: 'http://127.0.0.1:1', protocolBinding: 'JSONRPC', protocolVersion: '1.0' }],
  };
  const capabilities = { streaming: true, pushNotifications: false, extendedAgentCard: false };
  const http = createHttpClient({ allow: { kind: 'origins', origins: ['http://127.0.0.1:1', url] } });
  t.after(() => http.close());
  const closed = createRemoteExecutor({ http, card: () => ({ ...card, capabilities }) as never });
  await assert.rejects(collect(closed), { code: 'AGENT_UNAVAILABLE' });
});

test('a server that does a send once is asked again with the same key', async (t) => {
  const script: Script = (_asked, response) => {
    if (asked.length < 3) response.destroy();
    else {
      writeItems(response, [task('completed')]);
      response.end();
    }
  };
  const { executor, asked } = await startRemote(t, (call, response) => script(call, response), { doesOnce: true });
  assert.deepEqual((await collect(executor)).at(-1), { kind: 'end', state: 'completed' });
  assert.deepEqual(new Set(asked.map(({ headers }) => headers['idempotency-key'])), new Set(['invocation-1']));
  assert.equal(asked.length, 3);
});

test('a server that stays away with a call in its hands leaves an outcome that is not known', async (t) => {
  const script: Script = ({ method }, response) => {
    if (method !== 'SendStreamingMessage') return void response.destroy();
    writeItems(response, [task('working')]);
    setTimeout(() => response.destroy(), 10);
  };
  const short = { patience: { ...patience, reconnectMs: 300 } };
  const { executor } = await startRemote(t, script, short);
  await assert.rejects(collect(executor), (thrown) => {
    return (
      thrown instanceof ParleyError && thrown.code === 'OUTCOME_UNKNOWN' && thrown.details['remoteTaskId'] === 't1'
    );
  });
});

test('a cancellation is told to the server, and a task that ended meanwhile keeps its end', async (t) => {
  for (const [state, expected] of [
    ['canceled', 'canceled'],
    ['completed', 'completed'],
  ] as const) {
    const controller = new AbortController();
    const { executor, asked } = await startRemote(t, ({ method }, response) => {
      if (method === 'SendStreamingMessage') {
        writeItems(response, [task('working')]);
        setTimeout(() => controller.abort(new ParleyError('CANCELED', 'stop')), 20);
      } else if (state === 'completed' && method === 'CancelTask') {
        answer(response, { error: { code: -32002, message: 'over' } });
      } else answerTask(response, task(state));
    });
    const events = await collect(executor, { signal: controller.signal });
    assert.deepEqual(events.at(-1), { kind: 'end', state: expected });
    assert.ok(asked.some(({ method }) => method === 'CancelTask'));
  }
});

test('a cancellation before the server has named the task waits for the name', async (t) => {
  const controller = new AbortController();
  const { executor, asked } = await startRemote(t, ({ method }, response) => {
    if (method !== 'SendStreamingMessage') return answerTask(response, task('canceled'));
    controller.abort(new ParleyError('CANCELED', 'stop'));
    setTimeout(() => writeItems(response, [task('working')]), 50);
  });
  const events = await collect(executor, { signal: controller.signal });
  assert.deepEqual(events.at(-1), { kind: 'end', state: 'canceled' });
  assert.ok(asked.some(({ method, params }) => method === 'CancelTask' && params['id'] === 't1'));
});

test('refusals say whose they are: the call, the credential, or the moment', async (t) => {
  for (const [status, body, code] of [
    [200, { error: { code: -32602, message: 'parts are missing' } }, 'INVALID_PARAMS'],
    [401, {}, 'AGENT_ERROR'],
    [429, {}, 'AGENT_UNAVAILABLE'],
    [503, {}, 'AGENT_UNAVAILABLE'],
    [502, {}, 'OUTCOME_UNKNOWN'],
    [200, { error: { code: -32603, message: 'it broke' } }, 'AGENT_ERROR'],
    [200, { result: { nothing: 'known' } }, 'INVALID_AGENT_RESPONSE'],
  ] as const) {
    const { executor } = await startRemote(t, (_asked, response) => answer(response, body, status));
    await assert.rejects(collect(executor), { code });
  }
});

test('an address that may not be called is not called', async (t) => {
  let called = false;
  const { url } = await startRemote(t, () => {
    called = true;
  });
  const http = createHttpClient({ allow: { kind: 'public' } });
  t.after(() => http.close());
  const supportedInterfaces = [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }];
  const capabilities = { streaming: true, pushNotifications: false, extendedAgentCard: false };
  const executor = createRemoteExecutor({ http, card: () => ({ supportedInterfaces, capabilities }) as never });
  await assert.rejects(collect(executor), { code: 'PERMISSION_DENIED' });
  assert.equal(called, false);
});

test('an answer whose connection breaks is sent once more, unless the history has it', async (t) => {
  const asking: StreamItem = {
    kind: 'status',
    update: { taskId: 't1', contextId: 'c1', status: { state: 'input-required', timestamp: '' } },
  };
  let followUps = 0;
  const { executor } = await startRemote(t, ({ method, params }, response) => {
    const { taskId } = (params['message'] ?? {}) as { taskId?: string };
    if (method === 'GetTask') return answerTask(response, task('input-required'));
    if (taskId === undefined) writeItems(response, [task('working'), asking]);
    else if (++followUps === 1) return void response.destroy();
    else writeItems(response, [completed]);
    response.end();
  });
  const answers = (async function* () {
    yield { messageId: 'a1', role: 'user' as const, parts: [{ text: '2026' }] };
    await new Promise(() => {});
  })();
  const events = await collect(executor, { answers });
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['ask', 'end'],
  );
  assert.equal(followUps, 2);
});
