import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { hasCode } from '../base/index.ts';
import { createFrontDoorServices, createManualClock, type FrontDoorServices } from '../testing/index.ts';
import { createGateway, type Gateway, type GatewayOptions } from './index.ts';

interface Opened {
  readonly gateway: Gateway;
  readonly services: FrontDoorServices;
}

async function open(context: TestContext, options: Partial<GatewayOptions> = {}): Promise<Opened> {
  const gateway = createGateway({ port: 0, version: '1.2.3', ...options });
  const services = createFrontDoorServices();
  await gateway.start();
  gateway.admit(services);
  context.after(() => gateway.stop(AbortSignal.timeout(1_000)));
  return { gateway, services };
}

/** Sends bytes as they are and answers what comes back until the other side closes. */
async function sendRaw({ url }: Gateway, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.on('data', (bytes) => {
    answer += String(bytes);
  });
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

const refusedHosts = [
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example:80',
  'a b',
  '[::2]',
  '10.0.0.1',
];

for (const host of refusedHosts) {
  test(`a request whose Host is "${host}" is refused`, async (context) => {
    const { gateway } = await open(context);
    const answer = await sendRaw(gateway, `GET /agents HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 403 /);
    assert.match(answer, /"code":"FORBIDDEN_ORIGIN"/);
  });
}

for (const host of ['localhost', 'LOCALHOST:9999', '127.0.0.1:1', '[::1]:80', 'agents.example:443']) {
  test(`a request whose Host is "${host}" is let in when that is a name of the node`, async (context) => {
    const { gateway } = await open(context, { hostNames: ['Agents.example'] });
    const answer = await sendRaw(gateway, `GET /agents HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 200 /);
  });
}

test('a page of another origin is refused, one of its own or an allowed origin is not', async (context) => {
  const { gateway } = await open(context, { allowedOrigins: ['https://console.example'] });
  const statusFor = async (headers: Record<string, string>): Promise<number> =>
    (await fetch(`${gateway.url}/agents`, { headers })).status;
  assert.equal(await statusFor({ origin: 'https://evil.example' }), 403);
  assert.equal(await statusFor({ origin: 'null' }), 403);
  assert.equal(await statusFor({ origin: 'http://127.0.0.1:1' }), 403);
  const answer = await sendRaw(
    gateway,
    'GET /agents HTTP/1.1\r\nhost: localhost\r\nsec-fetch-site: cross-site\r\n\r\n',
  );
  assert.match(answer, /^HTTP\/1\.1 403 /);
  assert.equal(await statusFor({ origin: gateway.url }), 200);
  assert.equal(await statusFor({ origin: 'https://console.example' }), 200);
});

test('the browser’s question before a call of an allowed page is answered', async (context) => {
  const { gateway } = await open(context, { allowedOrigins: ['https://console.example'] });
  const headers = { origin: 'https://console.example', 'access-control-request-method': 'POST' };
  const response = await fetch(`${gateway.url}/a2a/echo`, { method: 'OPTIONS', headers });
  assert.equal(response.status, 204);
  assert.equal(response.headers.get('access-control-allow-origin'), 'https://console.example');
  const allowed = (response.headers.get('access-control-allow-headers') ?? '').split(', ');
  for (const name of ['Authorization', 'Last-Event-ID', 'X-A2A-Extensions', 'Parley-Current-Generation']) {
    assert.ok(allowed.includes(name), name);
  }
  const answer = await fetch(`${gateway.url}/.well-known/agent-card.json`, { headers });
  assert.match(answer.headers.get('access-control-expose-headers') ?? '', /A2A-Extensions/);
});

const brokenRequests = [
  { what: 'not HTTP', text: 'hello there\r\n\r\n', status: 400 },
  {
    what: 'too many headers',
    text: `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
    status: 431,
  },
  { what: 'a path that cannot be decoded', text: 'GET /a2a/%zz HTTP/1.1\r\nhost: localhost\r\n\r\n', status: 400 },
  {
    what: 'a media type that is none',
    text: 'POST /a2a/echo HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: nonsense\r\ncontent-length: 2\r\n\r\n{}',
    status: 200,
  },
  {
    what: 'a body that claims to be huge',
    text: 'POST /a2a/echo HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n',
    status: 413,
  },
];

for (const { what, text, status } of brokenRequests) {
  test(`${what} is answered with ${status} and JSON`, async (context) => {
    const { gateway } = await open(context, { limits: { requestTimeoutMs: 400 } });
    const answer = await sendRaw(gateway, text);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
    const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as { error?: object };
    assert.ok(body.error);
    assert.doesNotMatch(answer, /node_modules|at .*\.ts/);
  });
}

test('a request that trickles in is cut off with 408', async (context) => {
  const { gateway } = await open(context, { limits: { requestTimeoutMs: 200 } });
  const answer = await sendRaw(gateway, 'POST /a2a/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{');
  assert.match(answer, /^HTTP\/1\.1 408 /);
});

test('anything but loopback is refused', () => {
  for (const host of ['0.0.0.0', '::', '192.168.1.5', 'example.com', '127.evil.example']) {
    assert.throws(
      () => createGateway({ host, port: 0, version: '1' }),
      (thrown) => hasCode(thrown, 'CONFIG_INVALID'),
    );
  }
});

test('a port that is taken is an error that says so', async (context) => {
  const { gateway } = await open(context);
  const second = createGateway({ port: Number(new URL(gateway.url).port), version: '1' });
  await assert.rejects(
    second.start(),
    (thrown) => hasCode(thrown, 'CONFIG_INVALID') && /EADDRINUSE/.test(thrown.message),
  );
});

test('before the services are there, health answers and everything else says when to come back', async (context) => {
  const gateway = createGateway({ port: 0, version: '1.2.3' });
  await gateway.start();
  context.after(() => gateway.stop(AbortSignal.timeout(1_000)));
  const health = await fetch(`${gateway.url}/health`);
  assert.equal(health.status, 200);
  const { status, version, timestamp } = (await health.json()) as Record<string, string>;
  assert.deepEqual([status, version, new Date(timestamp ?? '').toISOString()], ['healthy', '1.2.3', timestamp]);
  for (const path of ['/agents', '/a2a/echo/tasks', '/api/v1/deployments', '/nowhere']) {
    const response = await fetch(gateway.url + path);
    assert.equal(response.status, 503, path);
    assert.equal(response.headers.get('retry-after'), '1');
    assert.match(await response.text(), /^\{"error":/);
  }
});

test('a door that refuses again lets calls under way finish', async (context) => {
  const { gateway, services } = await open(context);
  const answer = send(gateway, 'ask-later');
  assert.equal((await answer).status, 200);
  const waiting = send(gateway, 'wait');
  const task = await findWorking(services);
  gateway.refuse();
  assert.equal((await fetch(`${gateway.url}/agents`)).status, 503);
  task.setState('completed');
  assert.equal((await waiting).status, 200);
});

test('stopping ends streams with a word that they can be resumed', async (context) => {
  const { gateway } = await open(context);
  const response = await send(gateway, 'wait', 'message:stream');
  const stopped = gateway.stop(AbortSignal.timeout(5_000));
  const text = await response.text();
  assert.match(text, /"task":/);
  assert.match(text, /: the node is stopping; resume with Last-Event-ID\n\n$/);
  await stopped;
});

test('a connection on which nothing was asked does not hold up stopping', async (context) => {
  const { gateway } = await open(context);
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  await Promise.all([gateway.stop(new AbortController().signal), once(socket, 'close')]);
});

test('stopping gives a waiting call a moment, then answers it with 503, long before the deadline', async (context) => {
  const clock = createManualClock();
  const { gateway, services } = await open(context, { clock });
  const waiting = send(gateway, 'wait');
  await findWorking(services);
  const stopped = gateway.stop(new AbortController().signal);
  await clock.advance(2_000);
  assert.equal((await waiting).status, 503);
  await stopped;
});

test('stopping answers a call that does not end in time with 503, and then it is down', async (context) => {
  const { gateway, services } = await open(context);
  const waiting = send(gateway, 'wait');
  await findWorking(services);
  const deadline = new AbortController();
  const stopped = gateway.stop(deadline.signal);
  deadline.abort();
  const response = await waiting;
  assert.equal(response.status, 503);
  assert.ok(response.headers.get('retry-after'));
  await stopped;
  await assert.rejects(fetch(`${gateway.url}/health`));
});

test('agents are listed as PAR lists them, private ones to the operator only', async (context) => {
  const { gateway, services } = await open(context);
  const list = async (headers: Record<string, string> = {}): Promise<readonly Record<string, unknown>[]> => {
    const response = await fetch(`${gateway.url}/agents`, { headers });
    return ((await response.json()) as { agents: readonly Record<string, unknown>[] }).agents;
  };
  const open1 = await list();
  assert.deepEqual(
    open1.find(({ id }) => id === 'echo'),
    {
      id: 'echo',
      package_id: 'echo@1.2.3',
      name: 'echo',
      description: 'The agent echo.',
      status: 'healthy',
      private: false,
    },
  );
  assert.ok(!open1.some(({ id }) => id === 'hidden'));
  const asOperator = await list({ authorization: `Bearer ${services.operatorToken}` });
  assert.ok(asOperator.some(({ id, private: isPrivate }) => id === 'hidden' && isPrivate === true));
  const asWorker = await list({ authorization: `Bearer ${services.workerToken}` });
  assert.ok(!asWorker.some(({ id }) => id === 'hidden'));
});

test('metrics are text, and there is no such route without them', async (context) => {
  const { gateway } = await open(context, { metrics: () => 'parley_up 1\n' });
  const response = await fetch(`${gateway.url}/metrics`);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.equal(await response.text(), 'parley_up 1\n');
  const without = await open(context);
  assert.equal((await fetch(`${without.gateway.url}/metrics`)).status, 404);
});

test('requests are counted by route and status, never by what callers put into the path', async (context) => {
  const counted: unknown[] = [];
  const telemetry = { count: (_name: string, labels?: object) => void counted.push(labels), observe() {}, gauge() {} };
  const { gateway } = await open(context, { telemetry });
  await (await fetch(`${gateway.url}/a2a/echo/tasks/none`)).text();
  await (await fetch(`${gateway.url}/some/thing`)).text();
  assert.deepEqual(counted, [
    { method: 'GET', route: '/a2a/:agent/tasks/:id', status: '404' },
    { method: 'GET', endpoint: '/a2a/:agent/tasks/:id', status: '404' },
    { method: 'GET', route: 'none', status: '404' },
    { method: 'GET', endpoint: 'none', status: '404' },
  ]);
});

test('what fails inside is logged with the request id and not told to the caller', async (context) => {
  const lines: unknown[] = [];
  const error = (message: string, fields?: object): void => void lines.push({ message, ...fields });
  const logger = { debug() {}, info() {}, warn() {}, error, child: () => logger };
  const { gateway, services } = await open(context, { logger });
  services.tasks.get = () => Promise.reject(new Error('the password is swordfish'));
  const response = await fetch(`${gateway.url}/a2a/echo/tasks/t`, { headers: { 'x-request-id': 'r-1' } });
  assert.equal(response.status, 500);
  assert.doesNotMatch(await response.text(), /swordfish/);
  assert.match(JSON.stringify(lines), /"requestId":"r-1".*swordfish/);
});

function send({ url }: Gateway, text: string, verb = 'message:send'): Promise<Response> {
  const message = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text }] };
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/a2a/echo/${verb}`, { method: 'POST', headers, body: JSON.stringify({ message }) });
}

async function findWorking({ tasks }: FrontDoorServices): Promise<ReturnType<typeof tasks.task>> {
  for (;;) {
    const task = tasks.all().find(({ state }) => state === 'working');
    if (task) return task;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
