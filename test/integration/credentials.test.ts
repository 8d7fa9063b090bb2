import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { type MethodDefinition, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoFolder } from '../../src/gateway/grpc/load-service.ts';
import { createWorkerCredentials } from '../../src/security/index.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import { askReflection } from '../support/reflection-client.ts';
import { deployHealthy, fixtureAgent, startTestNode, type TestNode } from '../support/test-node.ts';

let node: TestNode;
/** The node's gRPC port, and the deployment's own. */
let addresses: readonly string[];
let ownHttp: string;
let wrong: Readonly<Record<string, string | undefined>>;
const keys = { ada: '', bob: '' };
const files: Readonly<Record<string, string>> = {
  'lf.a2a.v1.A2AService': 'lf/a2a/v1/a2a.proto',
  'a2a.v1.A2AService': 'a2a/v1/a2a.proto',
  'pixell.agent.AgentService': 'pixell/agent.proto',
  'grpc.health.v1.Health': 'grpc/health/v1/health.proto',
};
/** The agent where the call names one. */
const named = { 'x-deployment-id': 'node-tester' };

function load(name: string): ServiceDefinition {
  return loadSync(files[name] ?? '', { includeDirs: [protoFolder], enums: String })[name] as ServiceDefinition;
}

before(async () => {
  node = await startTestNode({ settings: { identity: { modes: ['keys'] } } });
  const source = { kind: 'folder', path: fixtureAgent('node') } as const;
  const deployment = await deployHealthy(node, { source, environment: { GATE: '/nowhere', SECRET: 'x' } });
  const { grpcAddress = '' } = await node.client.node.status();
  addresses = [grpcAddress, `127.0.0.1:${deployment.ports?.grpc}`];
  ownHttp = `http://127.0.0.1:${deployment.ports?.http}`;
  keys.ada = (await node.client.keys.create({ subject: 'ada', roles: [] })).key;
  keys.bob = (await node.client.keys.create({ subject: 'bob', roles: [] })).key;
  const past = Date.now() - 1_000;
  const { key: expired } = await node.client.keys.create({ subject: 'ada', roles: [], expiresAtMs: past });
  const revoked = await node.client.keys.create({ subject: 'ada', roles: ['operator'] });
  await node.client.keys.revoke(revoked.id);
  const [prefix, id] = keys.ada.split('.');
  wrong = {
    none: undefined,
    nonsense: 'nonsense',
    altered: `${prefix}.${id}.${randomBytes(32).toString('base64url')}`,
    'a key of another fabric': `pk1.${randomBytes(9).toString('base64url')}.${randomBytes(32).toString('base64url')}`,
    expired,
    revoked: revoked.key,
    'a token nobody has signed': 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJyb2xlcyI6WyJvcGVyYXRvciJdfQ.',
    'a worker of another fabric': createWorkerCredentials('other').issue({
      ...{ agentId: 'node-tester', deploymentId: deployment.id },
    }),
  };
});

after(() => node?.close());

function headersOf(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** What anybody may ask: health of the node and of services by their names, which are not in these calls. */
const asked: Readonly<Record<string, object>> = {
  Check: { service: 'node-tester' },
  Watch: { service: 'node-tester' },
};

interface Called {
  readonly name: string;
  readonly definition: MethodDefinition<unknown, unknown>;
}

async function codeOf(
  client: TestGrpcClient,
  { name, definition }: Called,
  token: string | undefined,
): Promise<number> {
  const headers = { ...named, ...headersOf(token) };
  const failure = await new Promise<ServiceError | undefined>((resolve) => {
    const request = asked[name] ?? {};
    if (!definition.responseStream) {
      client.call(name, request, headers).then(() => resolve(undefined), resolve);
      return;
    }
    const stream = client.stream(name, request, headers);
    stream.on('error', resolve).once('data', () => stream.cancel());
  });
  return failure?.code ?? status.OK;
}

test('every method of every gRPC service, on the node’s port and a deployment’s own, refuses all wrong credentials', async () => {
  let methods = 0;
  const { list_services_response: listed } = await askReflection(addresses[0] ?? '', 'v1', { list_services: '' });
  const names = (listed?.service ?? []).map(({ name }) => name).filter((name) => !name.startsWith('grpc.reflection'));
  assert.deepEqual([...names].sort(), Object.keys(files).sort(), 'a service is missing in this test');
  for (const address of addresses) {
    for (const service of names) {
      const definition = load(service);
      const client = createGrpcClient(address, definition);
      for (const [name, method] of Object.entries(definition)) {
        methods++;
        for (const [kind, token] of Object.entries(wrong)) {
          const code = await codeOf(client, { name, definition: method as Called['definition'] }, token);
          assert.equal(code, status.UNAUTHENTICATED, `${service}/${name} at ${address} with ${kind}: ${status[code]}`);
        }
      }
      client.close();
    }
  }
  assert.ok(methods > 50, `only ${methods} methods`);
});

test('a call to a service that the node does not know is refused, too, before anything is said of it', async () => {
  const bytes = (value: Buffer): Buffer => value;
  const method = {
    ...{ path: '/shop.Shop/Buy', requestStream: false, responseStream: false, originalName: 'buy' },
    ...{ requestSerialize: bytes, requestDeserialize: bytes, responseSerialize: bytes, responseDeserialize: bytes },
  };
  for (const address of addresses) {
    const client = createGrpcClient(address, { Buy: method } as unknown as ServiceDefinition);
    for (const [kind, token] of Object.entries(wrong)) {
      const refused = client.call('Buy', Buffer.alloc(0), { ...named, ...headersOf(token) });
      await assert.rejects(refused, { code: status.UNAUTHENTICATED }, kind);
    }
    client.close();
  }
});

async function askForSocket(url: string, token: string | undefined): Promise<string> {
  const { hostname, port, pathname, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = {
    ...{ host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' },
    ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headersOf(token) },
  };
  const fields = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${pathname} HTTP/1.1\r\n${fields.join('')}\r\n`);
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return head.toString().split('\r\n', 1)[0] ?? '';
}

test('web sockets are refused with every wrong credential, below the front door and on a deployment’s own port', async () => {
  for (const url of [`${node.url}/agents/node-tester/live`, `${ownHttp}/live`]) {
    for (const [kind, token] of Object.entries(wrong)) {
      assert.match(await askForSocket(url, token), /^HTTP\/1\.1 401 /, `${url} with ${kind}`);
    }
    assert.doesNotMatch(await askForSocket(url, keys.ada), / 401 /);
  }
});

test('a deployment’s own HTTP port refuses them as the front door does', async () => {
  for (const path of ['/', '/anything', '/invoke']) {
    for (const [kind, token] of Object.entries(wrong)) {
      const { status: code } = await fetch(ownHttp + path, { headers: headersOf(token) });
      assert.ok(code === 401 || (code === 403 && token !== undefined), `${path} with ${kind}: ${code}`);
    }
  }
});

async function sendAsAda(): Promise<string> {
  const message = { messageId: randomUUID(), role: 'ROLE_USER', parts: [{ text: 'Ada' }], metadata: { skill: 'text' } };
  const headers = { ...headersOf(keys.ada), 'a2a-version': '1.0' };
  const { text } = await callText('POST', '/a2a/node-tester/message:send', { headers, body: { message } });
  return (JSON.parse(text) as { task: { id: string } }).task.id;
}

/** Each binding's ways to a task: what they are called, and how the one that has it and another one fare. */
type Attempt = (token: string, taskId: string) => Promise<'found' | 'not found'>;

function overJsonRpc(version: string, method: string, paramsOf: (taskId: string) => object): Attempt {
  return async (token, taskId) => {
    const request = { jsonrpc: '2.0', id: 1, method, params: paramsOf(taskId) };
    const headers = { ...headersOf(token), ...(version === '1.0' && { 'a2a-version': version }) };
    const { text } = await callText('POST', '/a2a/node-tester', { headers, body: request });
    return /-32001/.test(text) ? 'not found' : 'found';
  };
}

function overRest(method: string, pathOf: (taskId: string) => string, body?: object): Attempt {
  return async (token, taskId) => {
    const path = pathOf(taskId);
    const headers = { ...headersOf(token), ...(!path.startsWith('/v1/') && { 'a2a-version': '1.0' }) };
    const { status: code } = await callText(method, `/a2a/node-tester${path}`, { headers, body });
    return code === 404 ? 'not found' : 'found';
  };
}

function overGrpc(service: string, method: string, requestOf: (taskId: string) => object): Attempt {
  return async (token, taskId) => {
    const client = createGrpcClient(addresses[0] ?? '', load(service));
    try {
      const headers = { ...named, ...headersOf(token) };
      const stream = load(service)[method]?.responseStream;
      const work = stream
        ? new Promise((resolve, reject) => {
            client
              .stream(method, requestOf(taskId), headers)
              .on('data', () => {})
              .on('error', reject)
              .on('end', resolve);
          })
        : client.call(method, requestOf(taskId), headers);
      await work;
      return 'found';
    } catch (thrown) {
      return (thrown as ServiceError).code === status.NOT_FOUND ? 'not found' : 'found';
    } finally {
      client.close();
    }
  };
}

async function callText(
  method: string,
  path: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body?: object | undefined },
) {
  const answer = await fetch(node.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

const hook = { url: 'http://127.0.0.1:9/hook' };
const v1 = 'lf.a2a.v1.A2AService';
const v03 = 'a2a.v1.A2AService';
const attempts: Readonly<Record<string, Attempt>> = {
  'JSON-RPC GetTask': overJsonRpc('1.0', 'GetTask', (id) => ({ id })),
  'JSON-RPC CancelTask': overJsonRpc('1.0', 'CancelTask', (id) => ({ id })),
  'JSON-RPC SubscribeToTask': overJsonRpc('1.0', 'SubscribeToTask', (id) => ({ id })),
  'JSON-RPC CreateTaskPushNotificationConfig': overJsonRpc('1.0', 'CreateTaskPushNotificationConfig', (taskId) => ({
    taskId,
    ...hook,
  })),
  'JSON-RPC ListTaskPushNotificationConfigs': overJsonRpc('1.0', 'ListTaskPushNotificationConfigs', (taskId) => ({
    taskId,
  })),
  'JSON-RPC 0.3 tasks/get': overJsonRpc('0.3', 'tasks/get', (id) => ({ id })),
  'JSON-RPC 0.3 tasks/cancel': overJsonRpc('0.3', 'tasks/cancel', (id) => ({ id })),
  'JSON-RPC 0.3 tasks/resubscribe': overJsonRpc('0.3', 'tasks/resubscribe', (id) => ({ id })),
  'JSON-RPC 0.3 tasks/pushNotificationConfig/list': overJsonRpc('0.3', 'tasks/pushNotificationConfig/list', (id) => ({
    id,
  })),
  'REST get': overRest('GET', (id) => `/tasks/${id}`),
  'REST cancel': overRest('POST', (id) => `/tasks/${id}:cancel`, {}),
  'REST subscribe': overRest('POST', (id) => `/tasks/${id}:subscribe`, {}),
  'REST webhooks': overRest('GET', (id) => `/tasks/${id}/pushNotificationConfigs`),
  'REST 0.3 get': overRest('GET', (id) => `/v1/tasks/${id}`),
  'REST 0.3 cancel': overRest('POST', (id) => `/v1/tasks/${id}:cancel`, {}),
  'gRPC GetTask': overGrpc(v1, 'GetTask', (id) => ({ id })),
  'gRPC CancelTask': overGrpc(v1, 'CancelTask', (id) => ({ id })),
  'gRPC SubscribeToTask': overGrpc(v1, 'SubscribeToTask', (id) => ({ id })),
  'gRPC CreateTaskPushNotificationConfig': overGrpc(v1, 'CreateTaskPushNotificationConfig', (taskId) => ({
    taskId,
    ...hook,
  })),
  'gRPC ListTaskPushNotificationConfigs': overGrpc(v1, 'ListTaskPushNotificationConfigs', (taskId) => ({ taskId })),
  'gRPC 0.3 GetTask': overGrpc(v03, 'GetTask', (id) => ({ name: `tasks/${id}` })),
  'gRPC 0.3 CancelTask': overGrpc(v03, 'CancelTask', (id) => ({ name: `tasks/${id}` })),
  'gRPC 0.3 TaskSubscription': overGrpc(v03, 'TaskSubscription', (id) => ({ name: `tasks/${id}` })),
};

test('on each binding a task is there for its own caller, and not for another', async () => {
  const taskId = await sendAsAda();
  for (const [name, attempt] of Object.entries(attempts)) {
    assert.deepEqual([await attempt(keys.ada, taskId), await attempt(keys.bob, taskId)], ['found', 'not found'], name);
  }
});

test('on each binding that lists tasks nobody lists those of another', async () => {
  const taskId = await sendAsAda();
  const grpc = createGrpcClient(addresses[0] ?? '', load(v1));
  const headers = (token: string): Record<string, string> => ({ ...headersOf(token), 'a2a-version': '1.0' });
  const body = { jsonrpc: '2.0', id: 1, method: 'ListTasks', params: {} };
  const lists: Readonly<Record<string, (token: string) => Promise<string>>> = {
    'JSON-RPC': async (token) => (await callText('POST', '/a2a/node-tester', { headers: headers(token), body })).text,
    REST: async (token) => (await callText('GET', '/a2a/node-tester/tasks', { headers: headers(token) })).text,
    gRPC: async (token) => JSON.stringify(await grpc.call('ListTasks', {}, { ...named, ...headersOf(token) })),
  };
  for (const [name, list] of Object.entries(lists)) {
    assert.ok((await list(keys.ada)).includes(taskId), name);
    assert.ok(!(await list(keys.bob)).includes(taskId), name);
  }
  grpc.close();
});
