import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode, type JsonObject } from '../../base/index.ts';
import type { Message, Part, StreamItem, Task, TaskState } from '../model.ts';
import { taskStates } from '../model.ts';
import { v03Codec, v03RestCodec } from './codec.ts';

const message = { messageId: 'm-1', role: 'user', kind: 'message' };
const text = { kind: 'text', text: 'hello' };

function violation(work: () => unknown): { field: string; description: string } {
  try {
    work();
  } catch (thrown) {
    assert.ok(hasCode(thrown, 'INVALID_PARAMS'));
    return (thrown.details['violations'] as { field: string; description: string }[])[0] as never;
  }
  throw new assert.AssertionError({ message: 'it was accepted' });
}

function taskOf(state: TaskState, parts: readonly Part[]): Task {
  const said: Message = { messageId: 'm-2', role: 'agent', parts };
  return {
    id: 't-1',
    contextId: 'c-1',
    status: { state, message: said, timestamp: '2026-01-31T12:00:00.123Z' },
    artifacts: [{ artifactId: 'a-1', parts }],
    history: [said],
  };
}

test('a send over JSON-RPC becomes the neutral message, without the kinds', () => {
  const request = v03Codec.decodeSend({
    message: {
      ...message,
      taskId: 't-1',
      parts: [
        text,
        { kind: 'file', file: { bytes: 'aGk=', name: 'a.txt', mimeType: 'text/plain' } },
        { kind: 'file', file: { uri: 'https://example.com/a' } },
        { kind: 'data', data: { a: 1 }, metadata: { b: 2 } },
      ],
      extra: 1,
    },
    configuration: { blocking: false, historyLength: 0, pushNotificationConfig: { url: 'https://example.com' } },
  });
  assert.deepEqual(request, {
    message: {
      messageId: 'm-1',
      role: 'user',
      taskId: 't-1',
      parts: [
        { text: 'hello' },
        { raw: Buffer.from('hi'), filename: 'a.txt', mediaType: 'text/plain' },
        { url: 'https://example.com/a' },
        { data: { a: 1 }, metadata: { b: 2 } },
      ],
      extra: 1,
    },
    configuration: {
      returnImmediately: true,
      push: { id: 'default', url: 'https://example.com', protocolVersion: '0.3' },
    },
  });
});

test('a send over HTTP+JSON is proto-JSON: content, names of enums, nested files and data', () => {
  const content = [
    { text: 'hello' },
    { file: { fileWithBytes: 'aGk=', mimeType: 'text/plain' } },
    { file: { file_with_uri: 'https://example.com/a' } },
    { data: { data: { a: 1 } } },
  ];
  const expected = [
    { text: 'hello' },
    { raw: Buffer.from('hi'), mediaType: 'text/plain' },
    { url: 'https://example.com/a' },
    { data: { a: 1 } },
  ];
  for (const name of ['message', 'request']) {
    const request = v03RestCodec.decodeSend({ [name]: { message_id: 'm-1', role: 'ROLE_USER', content } });
    assert.deepEqual(request.message.parts, expected);
    assert.equal(request.configuration.returnImmediately, false);
  }
});

test('blocking that is left out means true in JSON-RPC and, in a configuration of proto-JSON, false', () => {
  const ask = (configuration: object) =>
    v03Codec.decodeSend({ message: { ...message, parts: [text] }, configuration }).configuration.returnImmediately;
  assert.equal(ask({}), false);
  assert.equal(ask({ blocking: true }), false);
  const content = [{ text: 'x' }];
  const rest = v03RestCodec.decodeSend({ message: { messageId: 'm', role: 1, content }, configuration: {} });
  assert.equal(rest.configuration.returnImmediately, true);
});

test('a wrong field is named as its caller wrote it', () => {
  const json = (parts: unknown) => violation(() => v03Codec.decodeSend({ message: { ...message, parts } })).field;
  assert.equal(json([{ kind: 'video' }]), 'message.parts[0].kind');
  assert.equal(json([{ kind: 'text' }]), 'message.parts[0].text');
  assert.equal(json([{ kind: 'data', data: [1] }]), 'message.parts[0].data');
  assert.equal(json([text, { kind: 'file', file: { uri: 'u', bytes: '' } }]), 'message.parts[1].file');
  assert.equal(json([{ kind: 'file', file: { bytes: '%' } }]), 'message.parts[0].file.bytes');
  assert.equal(json([]), 'message.parts');
  const rest = (content: unknown) =>
    violation(() => v03RestCodec.decodeSend({ message: { messageId: 'm', role: 'ROLE_USER', content } })).field;
  assert.equal(rest([{}]), 'message.content[0]');
  assert.equal(rest([{ file: {} }]), 'message.content[0].file');
  assert.equal(rest(undefined), 'message.content');
  assert.equal(
    violation(() => v03Codec.decodeSend({ message: { ...message, role: 'agent', parts: [text] } })).field,
    'message.role',
  );
});

test('a value that 0.3 cannot carry as data goes out wrapped and comes back as it was', () => {
  for (const data of [[1, 2], 'text', 7, null, { a: 1 }]) {
    for (const [codec, parts] of [
      [v03Codec, 'parts'],
      [v03RestCodec, 'content'],
    ] as const) {
      const task = codec.encodeTask(taskOf('completed', [{ data }]));
      const [sent] = task['history'] as JsonObject[];
      const back = codec.decodeSend({
        message: { ...sent, role: codec === v03Codec ? 'user' : 'ROLE_USER', [parts]: sent?.[parts] },
      });
      assert.deepEqual(back.message.parts, [{ data }]);
    }
  }
});

test('a task says its kind over JSON-RPC, and is wrapped over HTTP+JSON', () => {
  const item: StreamItem = { kind: 'task', task: taskOf('canceled', [{ text: 'bye' }]) };
  const said = { messageId: 'm-2', role: 'agent', kind: 'message', parts: [{ kind: 'text', text: 'bye' }] };
  const timestamp = '2026-01-31T12:00:00.123Z';
  assert.deepEqual(v03Codec.encodeStreamItem(item), {
    id: 't-1',
    contextId: 'c-1',
    kind: 'task',
    status: { state: 'canceled', message: said, timestamp },
    artifacts: [{ artifactId: 'a-1', parts: [{ kind: 'text', text: 'bye' }] }],
    history: [said],
  });
  const protoSaid = { messageId: 'm-2', role: 'ROLE_AGENT', content: [{ text: 'bye' }] };
  assert.deepEqual(v03RestCodec.encodeStreamItem(item), {
    task: {
      id: 't-1',
      contextId: 'c-1',
      status: { state: 'TASK_STATE_CANCELLED', message: protoSaid, timestamp },
      artifacts: [{ artifactId: 'a-1', parts: [{ text: 'bye' }] }],
      history: [protoSaid],
    },
  });
});

test('only the status after which the stream ends is final', () => {
  const finals = taskStates.filter((state) => {
    const update = { taskId: 't', contextId: 'c', status: { state, timestamp: '' } };
    return v03Codec.encodeStreamItem({ kind: 'status', update })['final'];
  });
  assert.deepEqual(finals.toSorted(), ['canceled', 'completed', 'failed', 'input-required', 'rejected']);
});

test('there is no list of tasks in 0.3', () => {
  assert.throws(
    () => v03Codec.decodeListTasks({}),
    (thrown) => hasCode(thrown, 'UNSUPPORTED_OPERATION'),
  );
});

test('a webhook over HTTP+JSON is read as the proto says it, and as clients that send the whole request', () => {
  const config = { taskId: 't-1', config: { id: 'default', url: 'https://example.com', protocolVersion: '0.3' } };
  const wire = { push_notification_config: { url: 'https://example.com', authentication: {} } };
  assert.deepEqual(v03RestCodec.push.decodeCreate({ ...wire, taskId: 't-1' }), config);
  const whole = { parent: 'tasks/t-1', config_id: 'default', config: wire, taskId: 't-1' };
  assert.deepEqual(v03RestCodec.push.decodeCreate(whole), config);
});
