import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { type Metadata, type ServiceDefinition, type ServiceError, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ClientFactory as OldClientFactory } from 'a2a-sdk-0.3/client';
import { GrpcTransportFactory as OldGrpcTransportFactory } from 'a2a-sdk-0.3/client/grpc';
import type { DeploymentView } from '../../src/control/index.ts';
import { protoFolder } from '../../src/gateway/grpc/load-service.ts';
import { loadProtoJson } from '../../src/gateway/grpc/proto-json.ts';
import { type Gate, openGate } from '../support/gate.ts';
import { createGrpcClient, type TestGrpcClient } from '../support/grpc-client.ts';
import { collect, connectSdk, createSdkRequest, sdkChunk, sdkParts, sdkTask } from '../support/sdk-client.ts';
import {
  createTestFolder,
  deployHealthy,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

/** The service as any client makes it from the proto file. */
function loadPlain(file: string, name: string): ServiceDefinition {
  return loadSync(file, { includeDirs: [protoFolder], enums: String })[name] as ServiceDefinition;
}

const a2a = loadPlain('lf/a2a/v1/a2a.proto', 'lf.a2a.v1.A2AService');
const oldA2a = loadPlain('a2a/v1/a2a.proto', 'a2a.v1.A2AService');

interface Status {
  readonly state: string;
}

interface Task {
  readonly id: string;
  readonly status: Status;
  readonly artifacts: readonly { readonly parts: readonly object[] }[];
}

interface Item {
  readonly task?: Task;
  readonly statusUpdate?: { readonly status: Status };
  readonly artifactUpdate?: { readonly artifact: { readonly parts: readonly { readonly text?: string }[] } };
}

let node: TestNode;
let gate: Gate;
let folder = '';
let deployment: DeploymentView;
let client: TestGrpcClient;
let oldClient: TestGrpcClient;
const agent = { 'x-deployment-id': 'node-tester' };

before(async () => {
  folder = await createTestFolder();
  gate = await openGate(folder);
  node = await startTestNode();
  const environment = { GATE: gate.path, SECRET: 'x' };
  deployment = await deployHealthy(node, { source: { kind: 'folder', path: fixtureAgent('node') }, environment });
  const address = (await node.client.node.status()).grpcAddress ?? '';
  client = createGrpcClient(address, a2a);
  oldClient = createGrpcClient(address, oldA2a);
  await waitUntil('the card has its gRPC', async () => JSON.stringify(await readCard()).includes('"GRPC"'));
});

after(async () => {
  client.close();
  oldClient.close();
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

async function readCard(): Promise<unknown> {
  const answer = await fetch(`${node.url}/a2a/node-tester/.well-known/agent-card.json`);
  return answer.json();
}

const text = (value: string): object => ({ fields: { name: { stringValue: value } } });
const greeting = (name: string): object => ({ data: { structValue: text(name) } });

function createSend(skill: string, parts: readonly object[], rest: object = {}): object {
  const metadata = { fields: { skill: { stringValue: skill } } };
  return { message: { messageId: randomUUID(), role: 'ROLE_USER', parts, metadata, ...rest } };
}

const gates = (...names: string[]): object => ({
  data: {
    structValue: { fields: { gates: { listValue: { values: names.map((stringValue) => ({ stringValue })) } } } },
  },
});

test('a message sent by gRPC is answered by its agent, and the task is the same over HTTP', async () => {
  const { task } = await client.call<{ task: Task }>('SendMessage', createSend('text', [greeting('Ada')]), agent);
  assert.deepEqual([task.status.state, task.artifacts[0]?.parts.length], ['TASK_STATE_COMPLETED', 1]);
  const known = await fetch(`${node.url}/a2a/node-tester/tasks/${task.id}`);
  assert.match(await known.text(), /Hello Ada/);
  const again = await client.call<Task>('GetTask', { id: task.id, historyLength: 0 }, agent);
  assert.deepEqual([again.id, again.status], [task.id, task.status]);
  const page = await client.call<{ tasks: Task[]; pageSize: number }>('ListTasks', { pageSize: 1 }, agent);
  assert.deepEqual([page.tasks.length, page.pageSize], [1, 1]);
});

test('the agent is named by metadata, by the tenant or by the port; without, it is the fabric', async () => {
  const request = createSend('text', [greeting('Ada')]);
  for (const name of ['node-tester', deployment.id]) {
    const { task } = await client.call<{ task: Task }>('SendMessage', { ...request, tenant: name });
    assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
  }
  const own = createGrpcClient(`localhost:${deployment.ports?.grpc}`, a2a);
  const { task } = await own.call<{ task: Task }>('SendMessage', request);
  own.close();
  assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
  const found = await client.call<{ task: Task }>('SendMessage', createSend('agent_discovery', [{ text: 'who?' }]));
  assert.match(JSON.stringify(found.task.artifacts), /node-tester/);
  await assert.rejects(client.call('SendMessage', { ...request, tenant: 'nobody' }), { code: status.NOT_FOUND });
});

test('a stream gives what the agent does, and goes on after the event that a reader names', async () => {
  const items: Item[] = [];
  const send = createSend('steps', [gates('one', 'two')]);
  const stream = client.stream<Item>('SendStreamingMessage', send, agent);
  stream.on('data', (item: Item) => items.push(item)).on('error', () => {});
  await gate.arrived('one');
  await waitUntil('the task is known', () => items[0]?.task !== undefined);
  const id = items[0]?.task?.id ?? '';
  const late: Item[] = [];
  const subscribed = client.stream<Item>('SubscribeToTask', { id }, { ...agent, 'last-event-id': '1' });
  subscribed.on('data', (item: Item) => late.push(item));
  const ended = new Promise((resolve) => subscribed.on('end', resolve));
  gate.open('one');
  gate.open('two');
  await ended;
  const texts = (all: readonly Item[]): string =>
    all.flatMap(({ artifactUpdate }) => artifactUpdate?.artifact.parts.map((part) => part.text) ?? []).join('');
  assert.equal(texts(late), 'one two ');
  assert.deepEqual(
    [late.some(({ task }) => task), late.at(-1)?.statusUpdate?.status.state],
    [false, 'TASK_STATE_COMPLETED'],
  );
  await waitUntil('the first stream ends', () => texts(items) === 'one two ');
});

test('a task is cancelled by gRPC', async () => {
  const send = { ...createSend('steps', [gates('never')]), configuration: { returnImmediately: true } };
  const { task } = await client.call<{ task: Task }>('SendMessage', send, agent);
  await gate.arrived('never');
  const canceled = await client.call<Task>('CancelTask', { id: task.id }, agent);
  assert.equal(canceled.status.state, 'TASK_STATE_CANCELED');
});

test('the same idempotency key makes one task', async () => {
  const send = createSend('text', [greeting('Ada')]);
  const headers = { ...agent, 'idempotency-key': randomUUID() };
  const [first, second] = await Promise.all(
    [1, 2].map(() => client.call<{ task: Task }>('SendMessage', send, headers)),
  );
  assert.equal(first?.task.id, second?.task.id);
});

test('an error has its status, and its details as google.rpc.Status', async () => {
  const failed = await client.call('GetTask', { id: 'nothing' }, agent).then(
    () => undefined,
    (thrown: ServiceError) => thrown,
  );
  assert.equal(failed?.code, status.NOT_FOUND);
  assert.deepEqual(readDetails(failed?.metadata), [{ reason: 'TASK_NOT_FOUND', domain: 'a2a-protocol.org' }]);
  const version = { ...agent, 'a2a-version': '9.9' };
  await assert.rejects(client.call('GetTask', { id: 'x' }, version), { code: status.FAILED_PRECONDITION });
  const empty = { message: { messageId: 'm', role: 'ROLE_USER' } };
  await assert.rejects(client.call('SendMessage', empty, agent), { code: status.INVALID_ARGUMENT });
});

function readDetails(metadata: Metadata | undefined): readonly object[] {
  const bytes = metadata?.get('grpc-status-details-bin')[0];
  assert.ok(bytes instanceof Buffer);
  const { details } = loadProtoJson('google/rpc/status.proto', 'google.rpc.Status').decode(bytes);
  assert.ok(Array.isArray(details));
  const info = loadProtoJson('google/rpc/error_details.proto', 'google.rpc.ErrorInfo');
  return details.map(({ value }) => {
    const { reason, domain } = info.decode(Buffer.from(value, 'base64'));
    return { reason, domain };
  });
}

test('webhooks are kept, listed and removed by gRPC, in both versions', async () => {
  const send = { ...createSend('steps', [gates('hooks')]), configuration: { returnImmediately: true } };
  const { task } = await client.call<{ task: Task }>('SendMessage', send, agent);
  const url = 'https://example.com/hook';
  const made = await client.call<{ id: string; url: string }>(
    'CreateTaskPushNotificationConfig',
    { taskId: task.id, id: 'new', url },
    agent,
  );
  assert.deepEqual([made.id, made.url], ['new', url]);
  const parent = `tasks/${task.id}`;
  const config = { pushNotificationConfig: { url } };
  const old = await oldClient.call<{ name: string; pushNotificationConfig: { url: string } }>(
    'CreateTaskPushNotificationConfig',
    { parent, configId: 'old', config },
    agent,
  );
  assert.deepEqual([old.name, old.pushNotificationConfig.url], [`${parent}/pushNotificationConfigs/old`, url]);
  const listed = await oldClient.call<{ configs: unknown[] }>('ListTaskPushNotificationConfig', { parent }, agent);
  assert.equal(listed.configs.length, 2);
  await oldClient.call('DeleteTaskPushNotificationConfig', { name: old.name }, agent);
  await assert.rejects(oldClient.call('GetTaskPushNotificationConfig', { name: old.name }, agent));
  await client.call('DeleteTaskPushNotificationConfig', { taskId: task.id, id: 'new' }, agent);
  await client.call('CancelTask', { id: task.id }, agent);
});

test('A2A 0.3 is spoken by its own service', async () => {
  const metadata = { fields: { skill: { stringValue: 'text' } } };
  const content = [{ data: { data: text('Bo') } }];
  const request = { messageId: randomUUID(), role: 'ROLE_USER', content, metadata };
  const configuration = { blocking: true };
  const { task } = await oldClient.call<{ task: Task }>('SendMessage', { request, configuration }, agent);
  assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
  assert.match(JSON.stringify(task.artifacts), /Hello Bo/);
  const known = await oldClient.call<Task>('GetTask', { name: `tasks/${task.id}` }, agent);
  assert.equal(known.id, task.id);
  await assert.rejects(oldClient.call('GetTask', { name: task.id }, agent), { code: status.INVALID_ARGUMENT });
  const card = await oldClient.call<{ name: string; url: string }>('GetAgentCard', {}, agent);
  assert.deepEqual([card.name, card.url], ['node-tester', `${node.url}/a2a/node-tester`]);
});

test('the official client of 1.0 finds gRPC in the card, sends and streams', async () => {
  const sdk = await connectSdk(`${node.url}/a2a/node-tester`, { name: 'gRPC', transport: new GrpcTransportFactory() });
  const answer = await sdk.sendMessage(createSdkRequest({ skill: 'object', parts: [{ data: { a: 1, b: 2 } }] }));
  assert.deepEqual(sdkParts(sdkTask(answer))[0]?.content, { $case: 'data', value: { sum: 3 } });
  const events = await collect(sdk.sendMessageStream(createSdkRequest({ skill: 'stream', parts: [{ data: {} }] })));
  assert.equal(events.map(sdkChunk).join(''), 'one two three');
  const file = createSdkRequest({ skill: 'bytes', parts: [{ data: {} }] });
  const bytes = sdkParts(sdkTask(await sdk.sendMessage(file)))[0];
  assert.deepEqual([...(bytes?.content?.$case === 'raw' ? bytes.content.value : [])], [0, 1, 254, 255]);
});

test('the official client of 0.3 finds gRPC in the card, sends and streams', async () => {
  const transport = new OldGrpcTransportFactory();
  const factory = new OldClientFactory({ transports: [transport], preferredTransports: [transport.protocolName] });
  const sdk = await factory.createFromUrl(`${node.url}/a2a/node-tester/`);
  const message = {
    kind: 'message' as const,
    messageId: randomUUID(),
    role: 'user' as const,
    parts: [{ kind: 'data' as const, data: { a: 1, b: 2 } }],
    metadata: { skill: 'object' },
  };
  const answer = await sdk.sendMessage({ message, configuration: { blocking: true } });
  assert.match(JSON.stringify(answer), /"sum":3/);
  const kinds: string[] = [];
  const streamed = { ...message, messageId: randomUUID(), metadata: { skill: 'stream' } };
  for await (const event of sdk.sendMessageStream({ message: streamed })) kinds.push(event.kind);
  assert.deepEqual([kinds[0], kinds.at(-1), kinds.includes('artifact-update')], ['task', 'status-update', true]);
});

test('the head of an answer names the extensions that its caller asked for and that are in use', async () => {
  const uris = 'urn:other, urn:parley:idempotent-send:v1, urn:parley:task-generation:v1';
  const asked = { ...agent, 'a2a-extensions': uris, 'x-a2a-extensions': uris };
  const readHead = async (from: TestGrpcClient, request: object, headers: Readonly<Record<string, string>>) => {
    const stream = from.stream<Item>('SendStreamingMessage', request, headers);
    const head = once(stream, 'metadata');
    await stream.toArray();
    return ((await head) as [Metadata])[0].getMap();
  };
  const head = await readHead(client, createSend('text', [greeting('Ada')]), asked);
  assert.equal(head['a2a-extensions'], 'urn:parley:idempotent-send:v1, urn:parley:task-generation:v1');
  const old = {
    request: {
      messageId: randomUUID(),
      role: 'ROLE_USER',
      content: [{ text: 'Ada' }],
      metadata: { fields: { skill: { stringValue: 'text' } } },
    },
  };
  assert.equal((await readHead(oldClient, old, asked))['x-a2a-extensions'], 'urn:parley:idempotent-send:v1');
  const plain = await readHead(client, createSend('text', [greeting('Bo')]), agent);
  assert.equal(plain['a2a-extensions'], undefined);
});
