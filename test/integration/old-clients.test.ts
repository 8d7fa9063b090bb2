import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { A2AClient as OldClient } from 'a2a-sdk-0.2/client';
import type { Message, MessageSendParams, Part, Task } from 'a2a-sdk-0.3';
import {
  type Client,
  ClientFactory,
  ClientFactoryOptions,
  JsonRpcTransportFactory,
  RestTransportFactory,
} from 'a2a-sdk-0.3/client';
import { type Gate, openGate } from '../support/gate.ts';
import { collect } from '../support/sdk-client.ts';
import {
  createTestFolder,
  deployHealthy,
  exampleAgent,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

let node: TestNode;
let gate: Gate;
let folder: string;

before(async () => {
  folder = await createTestFolder();
  [node, gate] = await Promise.all([startTestNode(), openGate(folder)]);
  const paths = [fixtureAgent('node'), exampleAgent('concierge')];
  const environment = { GATE: gate.path };
  await Promise.all(paths.map((path) => deployHealthy(node, { source: { kind: 'folder', path }, environment })));
});

after(async () => {
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

function send(parts: Part[], more: Partial<Message> & { skill?: string; blocking?: boolean } = {}): MessageSendParams {
  const { skill, blocking, ...rest } = more;
  const message: Message = { kind: 'message', messageId: randomUUID(), role: 'user', parts, ...rest };
  return {
    message: { ...message, ...(skill !== undefined && { metadata: { skill } }) },
    ...(blocking !== undefined && { configuration: { blocking } }),
  };
}

function asTask(answer: Task | Message): Task {
  assert.equal(answer.kind, 'task');
  return answer as Task;
}

function partsOf(task: Task): readonly Part[] {
  return (task.artifacts ?? []).flatMap(({ parts }) => parts);
}

function textsOf(parts: readonly Part[]): readonly string[] {
  return parts.flatMap((part) => (part.kind === 'text' ? [part.text] : []));
}

for (const transport of [new JsonRpcTransportFactory(), new RestTransportFactory()]) {
  const over = `over ${transport.protocolName}`;

  /** The unmodified 0.3 client; it finds the binding in the card, which it asks for without a version. */
  const connect = (agent: string): Promise<Client> =>
    new ClientFactory(
      ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
        transports: [transport],
        preferredTransports: [transport.protocolName],
      }),
    ).createFromUrl(`${node.url}/a2a/${agent}/`);

  test(`a 0.3 client finds an agent's card and calls it ${over}`, async () => {
    const client = await connect('node-tester');
    const card = await client.getAgentCard();
    assert.match(card.protocolVersion, /^0\.3/);
    assert.equal(card.url, `${node.url}/a2a/node-tester`);
    const task = asTask(
      await client.sendMessage(send([{ kind: 'data', data: { a: 40, b: 2 } }], { skill: 'object', blocking: true })),
    );
    assert.equal(task.status.state, 'completed');
    const [data] = partsOf(task);
    assert.deepEqual(data?.kind === 'data' && data.data, { sum: 42 });
  });

  test(`a 0.3 client streams ${over}: the task, each chunk, and a status that says it is the last`, async () => {
    const client = await connect('node-tester');
    const events = await collect(client.sendMessageStream(send([{ kind: 'text', text: '' }], { skill: 'stream' })));
    assert.equal(events[0]?.kind, 'task');
    const chunks = events.flatMap((event) => (event.kind === 'artifact-update' ? textsOf(event.artifact.parts) : []));
    assert.deepEqual(chunks.filter(Boolean), ['one ', 'two ', 'three']);
    const last = events.at(-1);
    assert.ok(last?.kind === 'status-update');
    assert.equal(last.status.state, 'completed');
    assert.equal(last.final, true);
    assert.ok(events.slice(0, -1).every((event) => event.kind !== 'status-update' || !event.final));
  });

  test(`files of a 0.3 client come back ${over} byte for byte`, async () => {
    const files = [randomBytes(10), randomBytes(300_000)];
    const parts = files.map((bytes): Part => {
      return { kind: 'file', file: { bytes: bytes.toString('base64'), mimeType: 'application/x-test' } };
    });
    const client = await connect('node-tester');
    const back = partsOf(asTask(await client.sendMessage(send(parts, { skill: 'files', blocking: true }))));
    const contents = back.map((part) => (part.kind === 'file' && 'bytes' in part.file ? part.file.bytes : ''));
    assert.deepEqual(
      contents,
      files.map((bytes) => bytes.toString('base64')),
    );
  });

  test(`a 0.3 client gets its task at once, reads it and cancels it ${over}`, async () => {
    const client = await connect('node-tester');
    const name = `old-${transport.protocolName}`.replace('+', '-');
    const request = send([{ kind: 'data', data: { gate: name } }], { skill: 'together', blocking: false });
    const { id } = asTask(await client.sendMessage(request));
    await gate.arrived(name);
    assert.equal((await client.getTask({ id })).status.state, 'working');
    assert.equal((await client.cancelTask({ id })).status.state, 'canceled');
    await assert.rejects(client.cancelTask({ id }), { name: 'TaskNotCancelableError' });
    await assert.rejects(client.getTask({ id: 'nope' }), { name: 'TaskNotFoundError' });
  });

  test(`a 0.3 client comes back to a stream ${over}`, async () => {
    const client = await connect('node-tester');
    const gates = ['x', 'y'].map((letter) => `${letter}-old-${transport.protocolName}`.replace('+', '-'));
    let id = '';
    for await (const event of client.sendMessageStream(send([{ kind: 'data', data: { gates } }], { skill: 'steps' }))) {
      if (event.kind === 'task') id = event.id;
      if (event.kind === 'artifact-update') break;
    }
    for (const name of gates) gate.open(name);
    await collect(client.resubscribeTask({ id }));
    const whole = await client.getTask({ id });
    assert.equal(whole.status.state, 'completed');
    assert.deepEqual(
      textsOf(partsOf(whole)),
      gates.map((name) => `${name} `),
    );
    const [ended, ...more] = await collect(client.resubscribeTask({ id }));
    assert.deepEqual([ended?.kind, ended?.kind === 'task' && ended.status.state, more], ['task', 'completed', []]);
  });

  test(`a 0.3 client is asked back and answers ${over}`, async () => {
    const client = await connect('concierge');
    const ask = send([{ kind: 'text', text: 'Dinner on Friday' }], { blocking: true });
    const asked = asTask(await client.sendMessage(ask));
    assert.equal(asked.status.state, 'input-required');
    assert.deepEqual(textsOf(asked.status.message?.parts ?? []), ['For how many people?']);
    const answer = send([{ kind: 'text', text: '4' }], { taskId: asked.id, blocking: true });
    const done = asTask(await client.sendMessage(answer));
    assert.equal(done.status.state, 'completed');
  });

  test(`a task of a 0.3 client is the same task for a 1.0 client, made ${over}`, async () => {
    const client = await connect('node-tester');
    const request = send([{ kind: 'data', data: { a: 1, b: 2 } }], { skill: 'object', blocking: true });
    const { id } = asTask(await client.sendMessage(request));
    const response = await fetch(`${node.url}/a2a/node-tester/tasks/${id}`, { headers: { 'a2a-version': '1.0' } });
    const task = (await response.json()) as { status: { state: string }; history: object[]; artifacts: object[] };
    assert.equal(task.status.state, 'TASK_STATE_COMPLETED');
    assert.doesNotMatch(JSON.stringify(task), /"kind"/);
  });
}

test('a client of 0.2 finds the card at agent.json and calls the agent', async () => {
  const client = new OldClient(`${node.url}/a2a/node-tester`);
  const card = (await client.getAgentCard()) as { url: string; protocolVersion?: string };
  assert.equal(card.url, `${node.url}/a2a/node-tester/rpc`);
  assert.equal(card.protocolVersion, '0.2.6');
  const request = send([{ kind: 'data', data: { a: 40, b: 2 } }], { skill: 'object', blocking: true });
  const answer = await client.sendMessage(request as Parameters<typeof client.sendMessage>[0]);
  assert.ok('result' in answer && answer.result.kind === 'task');
  assert.equal(answer.result.status.state, 'completed');
  const again = await client.getTask({ id: answer.result.id });
  assert.ok('result' in again);
  assert.equal(again.result.id, answer.result.id);
});

test('a client of 0.2 streams', async () => {
  const client = new OldClient(`${node.url}/a2a/node-tester`);
  const request = send([{ kind: 'text', text: '' }], { skill: 'stream' });
  const events = await collect(client.sendMessageStream(request as Parameters<typeof client.sendMessageStream>[0]));
  const last = events.at(-1);
  assert.ok(last?.kind === 'status-update' && last.final);
});
