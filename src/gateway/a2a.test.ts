import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createFrontDoorServices } from '../testing/index.ts';
import { createGateway } from './index.ts';

const gateway = createGateway({ port: 0, version: '0.0.0', limits: { bodyBytes: 100_000 } });
const services = createFrontDoorServices();

before(async () => {
  await gateway.start();
  gateway.admit(services);
});
after(() => gateway.stop(AbortSignal.timeout(1_000)));

interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
}

function post(
  path: string,
  body: unknown,
  { headers, type = 'application/json' }: PostOptions = {},
): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(gateway.url + path, { method: 'POST', body: text, headers: { 'content-type': type, ...headers } });
}

const message = (text: string): object => ({ message: { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text }] } });

function call(method: string, params: unknown, headers?: Readonly<Record<string, string>>): Promise<Response> {
  return post('/a2a/echo', { jsonrpc: '2.0', id: 7, method, params }, headers && { headers });
}

interface RpcError {
  readonly jsonrpc: string;
  readonly id: unknown;
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly data: readonly Record<string, unknown>[];
  };
}

async function readRpcError(response: Response): Promise<RpcError> {
  return (await response.json()) as RpcError;
}

test('a JSON-RPC answer is one JSON text with its length and the request id', async () => {
  const response = await call('SendMessage', message('hello'), { 'x-correlation-id': 'abc' });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(response.headers.get('x-request-id'), 'abc');
  const text = await response.text();
  assert.equal(Number(response.headers.get('content-length')), Buffer.byteLength(text));
  assert.equal(JSON.parse(text).id, 7);
});

test('an HTTP+JSON answer has the media type of A2A, and a request may have it too', async () => {
  const response = await post('/a2a/echo/message:send', message('hello'), { type: 'application/a2a+json' });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/a2a+json');
  const { task } = (await response.json()) as { task: { status: { state: string } } };
  assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
});

test('a call without a request id gets one, and the task service gets the same', async () => {
  const response = await call('SendMessage', message('hello'));
  assert.equal(services.tasks.contexts.at(-1)?.trace.correlationId, response.headers.get('x-request-id'));
});

const jsonRpcRefusals = [
  { what: 'broken JSON', body: '{"jsonrpc":', status: 200, code: -32700 },
  { what: 'bytes that are not UTF-8', body: Buffer.from([0x7b, 0xff, 0x7d]), status: 200, code: -32700 },
  { what: 'an empty body', body: '', status: 200, code: -32700 },
  { what: 'a batch', body: '[]', status: 200, code: -32600 },
  { what: 'an unknown method', body: '{"jsonrpc":"2.0","id":1,"method":"Nope"}', status: 200, code: -32601 },
  {
    what: 'a 0.3 method without parameters',
    body: '{"jsonrpc":"2.0","id":1,"method":"message/send"}',
    status: 200,
    code: -32602,
  },
  {
    what: 'a method that 0.3 has not',
    body: '{"jsonrpc":"2.0","id":1,"method":"tasks/list"}',
    status: 200,
    code: -32601,
  },
  { what: 'missing parameters', body: '{"jsonrpc":"2.0","id":1,"method":"SendMessage"}', status: 200, code: -32602 },
  {
    what: 'a push configuration without an address',
    body: '{"jsonrpc":"2.0","id":1,"method":"CreateTaskPushNotificationConfig","params":{"taskId":"t"}}',
    status: 200,
    code: -32602,
  },
  {
    what: 'the extended card',
    body: '{"jsonrpc":"2.0","id":1,"method":"GetExtendedAgentCard"}',
    status: 200,
    code: -32004,
  },
];

for (const { what, body, status, code } of jsonRpcRefusals) {
  test(`over JSON-RPC, ${what} is answered with ${code}`, async () => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${gateway.url}/a2a/echo`, { method: 'POST', body, headers });
    assert.equal(response.status, status);
    assert.equal((await readRpcError(response)).error.code, code);
  });
}

test('a JSON-RPC error answers with the id of its request', async () => {
  assert.equal((await readRpcError(await call('Nope', {}))).id, 7);
  const response = await post('/a2a/echo', { id: 'x', method: 'GetTask' });
  assert.equal((await readRpcError(response)).id, 'x');
});

test('a field that is wrong is named in the error', async () => {
  const { error } = await readRpcError(await call('GetTask', { id: 1 }));
  assert.equal(error.code, -32602);
  assert.match(JSON.stringify(error.data), /"field":"id"/);
});

const restRefusals = [
  { method: 'GET', path: '/a2a/echo/tasks/none', status: 404, reason: 'TASK_NOT_FOUND' },
  { method: 'POST', path: '/a2a/echo/tasks/none:cancel', status: 404, reason: 'TASK_NOT_FOUND' },
  { method: 'GET', path: '/a2a/echo/tasks/none:subscribe', status: 404, reason: 'TASK_NOT_FOUND' },
  { method: 'POST', path: '/a2a/echo/tasks/none:subscribe', status: 404, reason: 'TASK_NOT_FOUND' },
  { method: 'GET', path: '/a2a/echo/tasks?pageSize=0', status: 400, reason: 'INVALID_PARAMS' },
  { method: 'GET', path: '/a2a/nobody/tasks', status: 404, reason: 'AGENT_NOT_FOUND' },
  { method: 'GET', path: '/a2a/..%2F..%2Fetc/tasks', status: 404, reason: 'AGENT_NOT_FOUND' },
  { method: 'GET', path: '/a2a/echo/extendedAgentCard', status: 400, reason: 'UNSUPPORTED_OPERATION' },
  { method: 'GET', path: '/a2a/echo/tasks/t/pushNotificationConfigs/c', status: 404, reason: 'NOT_FOUND' },
  { method: 'GET', path: '/a2a/echo/nothing', status: 404, reason: 'METHOD_NOT_FOUND' },
];

for (const { method, path, status, reason } of restRefusals) {
  test(`over HTTP+JSON, ${method} ${path} is answered with ${status} ${reason}`, async () => {
    const response = await fetch(gateway.url + path, { method });
    assert.equal(response.status, status);
    const { error } = (await response.json()) as { error: { code: number; details: { reason: string }[] } };
    assert.equal(error.code, status);
    assert.equal(error.details[0]?.reason, reason);
  });
}

test('a body that is not JSON by its header is refused on both bindings', async () => {
  const rest = await post('/a2a/echo/message:send', message('hello'), { type: 'text/plain' });
  assert.equal(rest.status, 400);
  assert.match(await rest.text(), /CONTENT_TYPE_NOT_SUPPORTED/);
  const rpc = await post('/a2a/echo', '{"jsonrpc":"2.0","id":1,"method":"GetTask"}', { type: 'text/html' });
  assert.equal((await readRpcError(rpc)).error.code, -32005);
});

test('a body over the limit is 413 in the words of its wire', async () => {
  const rpc = await post('/a2a/echo', 'x'.repeat(100_001));
  assert.equal(rpc.status, 413);
  assert.equal((await readRpcError(rpc)).error.code, -32053);
  const rest = await post('/a2a/echo/message:send', 'x'.repeat(100_001));
  assert.equal(rest.status, 413);
  assert.match(await rest.text(), /PAYLOAD_TOO_LARGE/);
});

test('an unknown version is refused, in the header and in the query', async () => {
  const header = await call('GetTask', { id: 't' }, { 'a2a-version': '9.0' });
  assert.equal((await readRpcError(header)).error.code, -32009);
  const query = await fetch(`${gateway.url}/a2a/echo/tasks?A2A-Version=2.0`);
  assert.equal(query.status, 400);
  assert.match(await query.text(), /VERSION_NOT_SUPPORTED/);
});

test('the headers of a call reach the task service', async () => {
  const nowMs = Date.now();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await call('SendMessage', message('hello'), {
    'idempotency-key': 'key-1',
    traceparent,
    'parley-timeout-ms': '60000',
    authorization: `Bearer ${services.workerToken}`,
    'parley-call-token': services.callToken,
  });
  const context = services.tasks.contexts.at(-1);
  assert.equal(context?.principal.id, 'agent:echo');
  assert.deepEqual(context?.chain?.path, ['echo']);
  assert.equal(context?.idempotencyKey, 'key-1');
  assert.deepEqual(context?.trace, { correlationId: 'chain-1', traceparent });
  const deadlineMs = context?.deadlineAtMs ?? 0;
  assert.ok(deadlineMs >= nowMs + 60_000 && deadlineMs <= Date.now() + 60_000);
});

test('a header that is not valid is an error that names it', async () => {
  for (const headers of [
    { 'idempotency-key': 'a b' },
    { 'idempotency-key': 'x'.repeat(256) },
    { 'parley-timeout-ms': '0' },
  ]) {
    const { error } = await readRpcError(await call('SendMessage', message('hello'), headers));
    assert.equal(error.code, -32602);
    assert.match(error.message, new RegExp(Object.keys(headers)[0] ?? '', 'i'));
  }
});

test('the same key twice is one task, and with another body it is a conflict', async () => {
  const send = (text: string) =>
    post('/a2a/echo/message:send', message(text), { headers: { 'idempotency-key': 'once' } });
  const [first, second] = [await send('hello'), await send('hello')];
  const idOf = async (response: Response) => ((await response.json()) as { task: { id: string } }).task.id;
  assert.equal(await idOf(first), await idOf(second));
  assert.equal((await send('other')).status, 409);
});

test('a wrong credential is 401 with a challenge, never an anonymous call', async () => {
  const response = await call('SendMessage', message('hello'), { authorization: 'Bearer wrong' });
  assert.equal(response.status, 401);
  assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/);
  assert.equal((await readRpcError(response)).error.code, -32050);
});

test('a call token without the credential of its worker is refused', async () => {
  const response = await call('SendMessage', message('hello'), { 'parley-call-token': services.callToken });
  assert.equal(response.status, 401);
});

test('the root is the fabric itself, or the deployment that the header names', async () => {
  const fabric = await post('/message:send', message('hello'));
  assert.equal(fabric.headers.get('vary'), 'x-deployment-id');
  const { task } = (await fabric.json()) as { task: { id: string } };
  assert.equal(services.tasks.task(task.id).target.agentId, 'fabric');
  const named = await post(
    '/',
    { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: message('hello') },
    {
      headers: { 'x-deployment-id': 'echo-1' },
    },
  );
  const answer = (await named.json()) as { result: { task: { id: string } } };
  assert.deepEqual(services.tasks.task(answer.result.task.id).target, { agentId: 'echo', endpointId: 'echo-1' });
});

test('a card says where its agent is called, and is not sent again to who has it', async () => {
  const url = `${gateway.url}/a2a/echo/.well-known/agent-card.json`;
  const response = await fetch(url);
  const card = (await response.json()) as { supportedInterfaces: { url: string; protocolBinding: string }[] };
  assert.deepEqual(
    card.supportedInterfaces.map((entry) => [entry.protocolBinding, entry.url]),
    [
      ['JSONRPC', `${gateway.url}/a2a/echo`],
      ['HTTP+JSON', `${gateway.url}/a2a/echo`],
      ['JSONRPC', `${gateway.url}/a2a/echo`],
      ['HTTP+JSON', `${gateway.url}/a2a/echo`],
    ],
  );
  assert.match(response.headers.get('cache-control') ?? '', /max-age/);
  assert.equal(response.headers.get('vary'), 'A2A-Version');
  assert.ok(Date.parse(response.headers.get('last-modified') ?? '') <= Date.now());
  const etag = response.headers.get('etag') ?? '';
  assert.equal((await fetch(url, { headers: { 'if-none-match': `"other", W/${etag}` } })).status, 304);
  assert.equal((await fetch(url, { headers: { 'if-none-match': '"other"' } })).status, 200);
});

test('the headers of a card, and whether the node is up, can be asked for alone', async () => {
  for (const path of ['/a2a/echo/.well-known/agent-card.json', '/.well-known/agent.json', '/health']) {
    const url = `${gateway.url}${path}`;
    const [whole, head] = await Promise.all([fetch(url), fetch(url, { method: 'HEAD' })]);
    assert.deepEqual([head.status, await head.text()], [200, '']);
    for (const name of ['etag', 'cache-control', 'content-type', 'content-length']) {
      assert.equal(head.headers.get(name), whole.headers.get(name), name);
    }
  }
});

test('the card at the root is the fabric’s own, or that of the deployment that the header names', async () => {
  const url = `${gateway.url}/.well-known/agent-card.json`;
  const own = (await (await fetch(url)).json()) as { name: string; supportedInterfaces: { url: string }[] };
  assert.equal(own.name, 'Fabric');
  assert.equal(own.supportedInterfaces[0]?.url, gateway.url);
  const named = await fetch(url, { headers: { 'x-deployment-id': 'echo-1' } });
  assert.equal(named.headers.get('vary'), 'x-deployment-id, A2A-Version');
  assert.equal(((await named.json()) as { name: string }).name, 'echo');
});
