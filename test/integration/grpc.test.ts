import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { type ServiceDefinition, status } from '@grpc/grpc-js';
import type { DeploymentView } from '../../src/control/index.ts';
import { loadService } from '../../src/gateway/grpc/load-service.ts';
import { openGate } from '../support/gate.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import { askReflection } from '../support/reflection-client.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const agentService = loadService('pixell/agent.proto', 'pixell.agent.AgentService');
const health = loadService('grpc/health/v1/health.proto', 'grpc.health.v1.Health');

interface Result {
  readonly success: boolean;
  readonly result: string;
  readonly error: string;
  readonly request_id: string;
  readonly duration_ms: number;
}

let node: TestNode;
let gate: Awaited<ReturnType<typeof openGate>>;
let deployment: DeploymentView;
let address = '';
let folder = '';
const clients: TestGrpcClient[] = [];

function connect(where: string, definition: ServiceDefinition): TestGrpcClient {
  const client = createGrpcClient(where, definition);
  clients.push(client);
  return client;
}

before(async () => {
  folder = await createTestFolder();
  gate = await openGate(folder);
  node = await startTestNode();
  const environment = { GATE: gate.path, SECRET: 'x' };
  deployment = await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('node') }, environment });
  address = (await node.client.node.status()).grpcAddress ?? '';
});

after(async () => {
  for (const client of clients) client.close();
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

const named = { 'x-deployment-id': 'node-tester' };

test('AgentService says who it is, by any of the names of the metadata', async () => {
  const client = connect(address, agentService);
  for (const name of ['x-deployment-id', 'deployment-id', 'deployment_id']) {
    const answer = await client.call<{ ok: boolean; message: string; timestamp: number }>(
      'Health',
      {},
      {
        [name]: deployment.id,
      },
    );
    assert.deepEqual([answer.ok, answer.message], [true, 'Agent is healthy']);
    assert.ok(Math.abs(answer.timestamp - Date.now()) < 60_000);
  }
  assert.equal((await client.call<{ message: string }>('Ping', {}, named)).message, 'pong');
  const described = await client.call<{ methods: string[]; metadata: object }>('DescribeCapabilities', {}, named);
  assert.deepEqual(described.methods.slice(0, 6), [
    'Health',
    'DescribeCapabilities',
    'Invoke',
    'Ping',
    'object',
    'text',
  ]);
  assert.deepEqual(described.metadata, {
    name: 'node-tester',
    version: '1.0.0',
    description: 'Answers in every way a Node agent can, and misbehaves when told to.',
  });
});

test('AgentService without a deployment, or with one that there is not, is refused', async () => {
  const client = connect(address, agentService);
  for (const method of ['Health', 'Ping', 'DescribeCapabilities', 'Invoke']) {
    await assert.rejects(client.call(method), {
      code: status.INVALID_ARGUMENT,
      details: 'Missing x-deployment-id header',
    });
    await assert.rejects(client.call(method, {}, { 'x-deployment-id': 'nobody' }), {
      code: status.NOT_FOUND,
      details: 'Deployment nobody not found or not ready',
    });
  }
});

test('Invoke runs an action with its parameters as texts', async () => {
  const client = connect(address, agentService);
  const invoke = (action: string, parameters: object = {}, rest: object = {}): Promise<Result> =>
    client.call('Invoke', { action, parameters, ...rest }, named);
  const text = await invoke('text', { name: 'Ada' }, { request_id: 'mine' });
  assert.deepEqual([text.success, text.result, text.error, text.request_id], [true, 'Hello Ada', '', 'mine']);
  const sum = await invoke('object', { a: '1', b: '2' });
  assert.deepEqual(
    [sum.result, /^req_\d{13}$/.test(sum.request_id), sum.duration_ms >= 0],
    ['{"sum":"12"}', true, true],
  );
  assert.equal((await invoke('stream')).result, 'one two three');
  assert.equal((await invoke('nothing')).result, 'null');
  const four = { name: 'four.bin', type: 'application/x-four', bytes: 'AAH+/w==' };
  assert.deepEqual(JSON.parse((await invoke('bytes')).result), four);
});

test('what an agent does not know, refuses or fails at is an answer, not a status', async () => {
  const client = connect(address, agentService);
  const invoke = (action: string): Promise<Result> => client.call('Invoke', { action, request_id: 'r' }, named);
  const unknown = await invoke('divide');
  assert.deepEqual(
    [unknown.success, unknown.error, unknown.request_id],
    [false, 'No handler found for action: divide', 'r'],
  );
  assert.deepEqual([(await invoke('refuse')).success, (await invoke('refuse')).error], [false, 'not today']);
  assert.match((await invoke('fail')).error, /it broke/);
});

test('a caller whose deadline passes, or that leaves, stops the work', async () => {
  const client = connect(address, agentService);
  const request = { action: 'together', parameters: { gate: 'deadline' } };
  await assert.rejects(client.call('Invoke', request, named, 1_000), { code: status.DEADLINE_EXCEEDED });
  await waitUntil('the place is free', async () => (await node.client.agents.describe('node-tester')).inFlight === 0);
});

test('a deployment answers on its own port, without being named', async () => {
  const client = connect(`localhost:${deployment.ports?.grpc}`, agentService);
  await waitUntil('the port answers', () =>
    client.call('Ping').then(
      () => true,
      () => false,
    ),
  );
  const answer = await client.call<Result>('Invoke', { action: 'text', parameters: { name: 'Bo' } });
  assert.equal(answer.result, 'Hello Bo');
});

test('health is told of the node, of services and of deployments, and watched', async () => {
  const client = connect(address, health);
  const check = async (service: string): Promise<unknown> =>
    (await client.call<{ status: number }>('Check', { service })).status;
  assert.deepEqual(
    [await check(''), await check('pixell.agent.AgentService'), await check(deployment.id), await check('node-tester')],
    [1, 1, 1, 1],
  );
  await assert.rejects(check('nobody'), { code: status.NOT_FOUND });
  const seen: number[] = [];
  const watch = client.stream<{ status: number }>('Watch', { service: 'passing' });
  watch.on('data', ({ status: now }) => seen.push(now)).on('error', () => {});
  await waitUntil('it is unknown', () => seen.length === 1);
  const passing = await deployHealthy(node, {
    source: { kind: 'folder', path: fixtureAgent('node') },
    deploymentId: 'passing',
    agentId: 'passing-agent',
  });
  await waitUntil('it serves', () => seen.at(-1) === 1);
  await node.client.deployments.stop(passing.id);
  await waitUntil('it serves no more', () => seen.at(-1) !== 1);
  assert.equal(seen[0], 3);
  watch.cancel();
});

for (const version of ['v1', 'v1alpha']) {
  test(`reflection ${version} gives what a client without proto files needs`, async () => {
    const { list_services_response: listed } = await askReflection(address, version, { list_services: '' });
    const names = listed?.service.map(({ name }) => name) ?? [];
    for (const name of ['pixell.agent.AgentService', 'grpc.health.v1.Health']) assert.ok(names.includes(name), name);
    for (const symbol of names) {
      const answer = await askReflection(address, version, { file_containing_symbol: symbol });
      const files = answer.file_descriptor_response?.file_descriptor_proto.map(String) ?? [];
      assert.ok(
        files.some((file) => file.includes(symbol.split('.').at(-1) ?? symbol)),
        symbol,
      );
    }
  });
}

test('a port that another program has leaves the node without gRPC, and it says so', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const second = await startTestNode({ settings: { grpc: { port } } });
  t.after(() => second.close());
  const { missingPorts, grpcAddress } = await second.client.node.status();
  assert.deepEqual([missingPorts, grpcAddress], [[{ deploymentId: 'parley', port, reason: 'EADDRINUSE' }], undefined]);
});

test('where callers need an identity, each may do what its rights say, and a stranger learns nothing', async (t) => {
  const guarded = await startTestNode({
    settings: { identity: { modes: ['keys'], rights: [{ roles: ['tester'], agents: ['node-tester'] }] } },
  });
  t.after(() => guarded.close());
  await deployHealthy(guarded, { source: { kind: 'folder', path: fixtureAgent('node') }, agentId: 'node-tester' });
  const where = (await guarded.client.node.status()).grpcAddress ?? '';
  const client = connect(where, agentService);
  const bearer = async (...roles: string[]): Promise<Record<string, string>> => {
    const { key } = await guarded.client.keys.create({ subject: `s${roles.length}`, roles });
    return { ...named, authorization: `Bearer ${key}` };
  };
  const [known, poor] = [await bearer('tester'), await bearer()];
  const request = { action: 'text', parameters: { name: 'Ada' } };
  assert.equal((await client.call<Result>('Invoke', request, known)).result, 'Hello Ada');
  for (const method of ['Invoke', 'Health', 'DescribeCapabilities']) {
    await assert.rejects(client.call(method, request, named), { code: status.UNAUTHENTICATED });
    await assert.rejects(client.call(method, request, poor), { code: status.PERMISSION_DENIED });
    const absent = { ...named, 'x-deployment-id': 'nobody' };
    await assert.rejects(client.call(method, request, absent), { code: status.UNAUTHENTICATED });
  }
  const probe = connect(where, health);
  assert.equal((await probe.call<{ status: number }>('Check')).status, 1);
  await assert.rejects(probe.call('List'), { code: status.UNAUTHENTICATED });
  const listed = await probe.call<{ statuses: object }>('List', {}, { authorization: poor['authorization'] ?? '' });
  assert.deepEqual(
    Object.keys(listed.statuses).filter((name) => name.startsWith('node-tester')),
    [],
  );
});
