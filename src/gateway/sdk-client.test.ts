import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { StreamResponse } from '@a2a-js/sdk';
import { SendMessageRequest, TaskState } from '@a2a-js/sdk';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from '@a2a-js/sdk/client';
import { createFrontDoorServices } from '../testing/index.ts';
import { createGateway } from './index.ts';

const gateway = createGateway({ port: 0, version: '0.0.0' });
const services = createFrontDoorServices();

before(async () => {
  await gateway.start();
  gateway.admit(services);
});
after(() => gateway.stop(AbortSignal.timeout(1_000)));

const bindings = [
  { name: 'JSON-RPC', transport: new JsonRpcTransportFactory() },
  { name: 'HTTP+JSON', transport: new RestTransportFactory() },
];

for (const { name, transport } of bindings) {
  const connect = async (): Promise<Client> => {
    const options = ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
      transports: [transport],
      preferredTransports: [transport.protocolName],
    });
    return new ClientFactory(options).createFromUrl(`${gateway.url}/a2a/echo/`);
  };

  test(`the official client sends over ${name} and gets the finished task`, async () => {
    const answer = await (await connect()).sendMessage(createRequest('hello'));
    assert.ok('status' in answer);
    assert.equal(answer.status?.state, TaskState.TASK_STATE_COMPLETED);
    assert.deepEqual(answer.artifacts[0]?.parts[0]?.content, { $case: 'text', value: 'hello' });
  });

  test(`the official client gets a message over ${name} when the agent replies with one`, async () => {
    const answer = await (await connect()).sendMessage(createRequest('reply'));
    assert.ok('parts' in answer);
    assert.deepEqual(answer.parts[0]?.content, { $case: 'text', value: 'a reply' });
  });

  test(`the official client streams over ${name} until the task ends`, async () => {
    const client = await connect();
    const events = await collect(client.sendMessageStream(createRequest('hello')));
    assert.deepEqual(events.map(kindOf), ['task', 'statusUpdate', 'artifactUpdate', 'statusUpdate']);
  });

  test(`the official client answers over ${name} what the agent asks`, async () => {
    const client = await connect();
    const asked = await client.sendMessage(createRequest('ask'));
    assert.ok('status' in asked);
    assert.equal(asked.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
    const answered = await client.sendMessage(createRequest('the blue one', asked.id));
    assert.ok('status' in answered);
    assert.equal(answered.id, asked.id);
    assert.equal(answered.status?.state, TaskState.TASK_STATE_COMPLETED);
  });

  test(`the official client gets, lists and cancels a task over ${name}`, async () => {
    const client = await connect();
    const events = iterate(client.sendMessageStream(createRequest('wait')));
    const id = taskIdOf((await events.next()).value);
    assert.equal((await client.getTask({ tenant: '', id })).id, id);
    const page = await client.listTasks({
      tenant: '',
      contextId: '',
      status: TaskState.TASK_STATE_WORKING,
      pageToken: '',
      pageSize: 100,
      statusTimestampAfter: undefined,
    });
    assert.ok(page.tasks.some((task) => task.id === id));
    const canceled = await client.cancelTask({ tenant: '', id, metadata: {} });
    assert.equal(canceled.status?.state, TaskState.TASK_STATE_CANCELED);
    await assert.rejects(client.cancelTask({ tenant: '', id, metadata: {} }), /already ended/);
    const rest = await collect({ [Symbol.asyncIterator]: () => events });
    assert.equal(kindOf(rest.at(-1)), 'statusUpdate');
  });

  test(`the official client comes back to a task over ${name} and misses nothing after the event it has`, async () => {
    const client = await connect();
    const events = iterate(client.sendMessageStream(createRequest('wait')));
    const id = taskIdOf((await events.next()).value);
    await events.return?.();
    services.tasks.task(id).addArtifact('one', [{ text: 'made while nobody read' }]);
    const resumed = client.resubscribeTask({ tenant: '', id }, { serviceParameters: { 'Last-Event-ID': '2' } });
    const iterator = iterate(resumed);
    assert.equal(kindOf((await iterator.next()).value), 'artifactUpdate');
    services.tasks.task(id).setState('completed');
    assert.equal(kindOf((await iterator.next()).value), 'statusUpdate');
    assert.equal((await iterator.next()).done, true);
  });

  test(`the official client gets an error of its own class over ${name} for a task that is not there`, async () => {
    const client = await connect();
    await assert.rejects(client.getTask({ tenant: '', id: 'no-such-task' }), { name: 'TaskNotFoundError' });
  });
}

function createRequest(text: string, taskId = ''): SendMessageRequest {
  const message = { messageId: `m-${text}`, role: 'ROLE_USER', parts: [{ text }], ...(taskId && { taskId }) };
  return SendMessageRequest.fromJSON({ message });
}

function iterate(events: AsyncIterable<StreamResponse>): AsyncIterator<StreamResponse, undefined> {
  return events[Symbol.asyncIterator]();
}

async function collect(events: AsyncIterable<StreamResponse>): Promise<StreamResponse[]> {
  const all: StreamResponse[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function kindOf(event: StreamResponse | undefined): string | undefined {
  return event?.payload?.$case;
}

function taskIdOf(event: StreamResponse | undefined): string {
  assert.ok(event?.payload?.$case === 'task');
  return event.payload.value.id;
}
