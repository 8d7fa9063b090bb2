import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { type Part, TaskState } from '@a2a-js/sdk';
import type { Client } from '@a2a-js/sdk/client';
import { createSseParser } from '../../src/protocol/index.ts';
import { assertClose, computeFigures, type Figures } from '../support/figures.ts';
import { type Gate, openGate } from '../support/gate.ts';
import { requires } from '../support/requires.ts';
import {
  collect,
  connectSdk,
  createSdkRequest,
  sdkBindings,
  sdkChunk,
  sdkParts,
  sdkTask,
} from '../support/sdk-client.ts';
import {
  createTestFolder,
  deployHealthy,
  exampleAgent,
  fixtureAgent,
  removeFolder,
  startTestNode,
  type TestNode,
} from '../support/test-node.ts';

const python = requires('python3');

let node: TestNode;
let gate: Gate;
let folder: string;

before(async () => {
  folder = await createTestFolder();
  [node, gate] = await Promise.all([startTestNode(), openGate(folder)]);
  const paths = [fixtureAgent('node'), exampleAgent('concierge')];
  if (python.skip === false) paths.push(exampleAgent('analyst'));
  const environment = { GATE: gate.path };
  await Promise.all(paths.map((path) => deployHealthy(node, { source: { kind: 'folder', path }, environment })));
});

after(async () => {
  await gate.close();
  await node.close();
  await removeFolder(folder);
});

for (const binding of sdkBindings) {
  const connect = (agent: string): Promise<Client> => connectSdk(`${node.url}/a2a/${agent}`, binding);
  const over = `over ${binding.name}`;

  test(`the card that the official client finds ${over} is made from the manifest`, async () => {
    const card = await (await connect('concierge')).getAgentCard();
    assert.equal(card.name, 'Concierge');
    assert.equal(card.version, '1.0.0');
    assert.equal(card.capabilities?.streaming, true);
    assert.deepEqual(
      card.skills.map(({ id, tags }) => [id, tags]),
      [['plan_dinner', ['dinner', 'planning']]],
    );
  });

  test(`a call ${over} waits for the answer`, async () => {
    const client = await connect('node-tester');
    const request = createSdkRequest({ skill: 'object', parts: [{ data: { a: 40, b: 2 } }] });
    const task = sdkTask(await client.sendMessage(request));
    assert.equal(task.status?.state, TaskState.TASK_STATE_COMPLETED);
    assert.deepEqual(
      sdkParts(task).map(({ content }) => content),
      [{ $case: 'data', value: { sum: 42 } }],
    );
  });

  test(`a stream ${over} gives each chunk and ends with the task`, async () => {
    const client = await connect('node-tester');
    const events = await collect(
      client.sendMessageStream(createSdkRequest({ skill: 'stream', parts: [{ text: '' }] })),
    );
    assert.equal(events[0]?.payload?.$case, 'task');
    assert.deepEqual(events.map(sdkChunk).filter(Boolean), ['one ', 'two ', 'three']);
    const last = events.at(-1)?.payload;
    assert.ok(last?.$case === 'statusUpdate');
    assert.equal(last.value.status?.state, TaskState.TASK_STATE_COMPLETED);
  });

  test(`the analyst gets a CSV file and sends figures and a picture ${over}`, python, async () => {
    const values = Array.from({ length: 50 }, () => Math.random() * 1_000);
    const raw = Buffer.from(['x', ...values].join('\n')).toString('base64');
    const request = createSdkRequest({ parts: [{ raw, filename: 'x.csv', mediaType: 'text/csv' }] });
    const parts = sdkParts(sdkTask(await (await connect('analyst')).sendMessage(request)));
    const data = parts.find(({ content }) => content?.$case === 'data')?.content?.value as unknown as {
      columns: { x: Figures };
    };
    assertClose(data.columns.x, computeFigures(values));
    const [picture] = parts.filter(({ mediaType }) => mediaType === 'image/svg+xml');
    assert.equal(picture?.filename, 'chart.svg');
    assert.match(bytesOf(picture).toString(), /^<svg /);
  });

  test(`files come back ${over} byte for byte, small ones and large ones`, async () => {
    const files = [randomBytes(10), randomBytes(300_000)];
    const parts = files.map((bytes, index) => ({ raw: bytes.toString('base64'), filename: `${index}.bin` }));
    const client = await connect('node-tester');
    const task = sdkTask(await client.sendMessage(createSdkRequest({ skill: 'files', parts })));
    const back = sdkParts(task);
    assert.deepEqual(
      back.map(({ filename }) => filename),
      ['0.bin', '1.bin'],
    );
    for (const [index, bytes] of files.entries()) assert.ok(bytesOf(back[index]).equals(bytes));
  });

  test(`a task is got, listed and cancelled ${over}`, async () => {
    const client = await connect('node-tester');
    const name = `cancel ${over}`.replaceAll(' ', '-');
    const request = { skill: 'together', parts: [{ data: { gate: name } }], returnImmediately: true };
    const { id, contextId } = sdkTask(await client.sendMessage(createSdkRequest(request)));
    await gate.arrived(name);
    assert.equal((await client.getTask({ tenant: '', id })).status?.state, TaskState.TASK_STATE_WORKING);
    const page = await client.listTasks({ ...anyTask, contextId, status: TaskState.TASK_STATE_WORKING });
    assert.deepEqual(
      page.tasks.map((task) => task.id),
      [id],
    );
    const canceled = await client.cancelTask({ tenant: '', id, metadata: {} });
    assert.equal(canceled.status?.state, TaskState.TASK_STATE_CANCELED);
    assert.equal((await client.getTask({ tenant: '', id })).status?.state, TaskState.TASK_STATE_CANCELED);
    await assert.rejects(client.cancelTask({ tenant: '', id, metadata: {} }), { name: 'TaskNotCancelableError' });
  });

  test(`who leaves a stream ${over} and comes back gets the task as it is and all that follows`, async () => {
    const client = await connect('node-tester');
    const gates = ['a', 'b', 'c'].map((letter) => `${letter}-${binding.name}`);
    const { id } = await leaveAfterFirstChunk(client, gates);
    gate.open(gates[0] ?? '');
    await gate.arrived(gates[1] ?? '');
    const resumed = client.resubscribeTask({ tenant: '', id })[Symbol.asyncIterator]();
    const { value: first } = await resumed.next();
    assert.ok(first?.payload?.$case === 'task');
    assert.equal(first.payload.value.status?.state, TaskState.TASK_STATE_WORKING);
    for (const name of gates) gate.open(name);
    const rest = await collect({ [Symbol.asyncIterator]: () => resumed });
    const chunks = [...textsOf(sdkParts(first.payload.value)), ...rest.map(sdkChunk)].filter(Boolean);
    assert.deepEqual(
      chunks,
      gates.map((name) => `${name} `),
    );
  });

  test(`a reader with Last-Event-ID gets what it has not seen, each once, of a task made ${over}`, async () => {
    const client = await connect('node-tester');
    const gates = ['d', 'e', 'f'].map((letter) => `${letter}-${binding.name}`);
    const { id } = await leaveAfterFirstChunk(client, gates);
    for (const name of gates) gate.open(name);
    const whole = await untilEnded(client, id);
    assert.deepEqual(
      textsOf(whole),
      gates.map((name) => `${name} `),
    );
    const all = await readEvents(id, '0');
    const ids = all.map((event) => Number(event.id));
    assert.deepEqual(
      ids,
      [...new Set(ids)].sort((a, b) => a - b),
    );
    for (const [index, event] of all.entries()) {
      if (index < all.length - 1) assert.deepEqual(await readEvents(id, event.id), all.slice(index + 1));
    }
  });

  test(`the concierge asks back ${over}, is answered, asks again and plans`, async () => {
    const client = await connect('concierge');
    const asked = sdkTask(await client.sendMessage(createSdkRequest({ parts: [{ text: 'Dinner on Friday' }] })));
    assert.equal(asked.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
    assert.deepEqual(textsOf(asked.status.message?.parts ?? []), ['For how many people?']);
    const answer = (text: string) => client.sendMessage(createSdkRequest({ parts: [{ text }], taskId: asked.id }));
    const again = sdkTask(await answer('a few'));
    assert.equal(again.status?.state, TaskState.TASK_STATE_INPUT_REQUIRED);
    const done = sdkTask(await answer('we are 4'));
    assert.equal(done.id, asked.id);
    assert.equal(done.status?.state, TaskState.TASK_STATE_COMPLETED);
    assert.match(textsOf(sdkParts(done)).join(''), /^Dinner on Friday, for 4:\n.*1000 g tomatoes/s);
    await assert.rejects(answer('5'), { name: 'UnsupportedOperationError' });
  });

  test(`what is not there is refused ${over}`, async () => {
    const client = await connect('node-tester');
    await assert.rejects(client.getTask({ tenant: '', id: 'nope' }), { name: 'TaskNotFoundError' });
    await assert.rejects(client.cancelTask({ tenant: '', id: 'nope', metadata: {} }), { name: 'TaskNotFoundError' });
    await assert.rejects(
      client.sendMessage(createSdkRequest({ skill: 'nope', parts: [{ text: '' }] })),
      /has no skill "nope".*object, text/s,
    );
    await assert.rejects(connect('nobody'), /404|not found/i);
  });
}

const anyTask = { tenant: '', pageToken: '', pageSize: 100, statusTimestampAfter: undefined };

/** Begins a task that stops at each gate, and leaves its stream at the first. */
async function leaveAfterFirstChunk(client: Client, gates: readonly string[]): Promise<{ id: string }> {
  let id = '';
  const request = createSdkRequest({ skill: 'steps', parts: [{ data: { gates } }] });
  for await (const event of client.sendMessageStream(request)) {
    if (event.payload?.$case === 'task') id = event.payload.value.id;
    if (sdkChunk(event) !== '') break;
  }
  return { id };
}

async function untilEnded(client: Client, id: string): Promise<readonly Part[]> {
  await collect(client.resubscribeTask({ tenant: '', id })).catch(() => {});
  const task = await client.getTask({ tenant: '', id });
  assert.equal(task.status?.state, TaskState.TASK_STATE_COMPLETED);
  return sdkParts(task);
}

interface SseRecord {
  readonly id: string;
  readonly data: string;
}

/** The events behind one, as any reader of event streams asks for them. */
async function readEvents(taskId: string, lastEventId: string): Promise<readonly SseRecord[]> {
  const headers = { 'a2a-version': '1.0', 'last-event-id': lastEventId };
  const response = await fetch(`${node.url}/a2a/node-tester/tasks/${taskId}:subscribe`, { headers });
  assert.equal(response.status, 200);
  const events: SseRecord[] = [];
  const parser = createSseParser(({ id = '', data }) => events.push({ id, data }));
  for await (const chunk of response.body ?? []) parser.push(chunk);
  return events;
}

function textsOf(parts: readonly Part[]): readonly string[] {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value : ''));
}

function bytesOf(part: Part | undefined): Buffer {
  assert.ok(part?.content?.$case === 'raw');
  return Buffer.from(part.content.value);
}
