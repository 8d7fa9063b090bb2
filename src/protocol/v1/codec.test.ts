import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/index.ts';
import type { Message, Part, Task } from '../model.ts';
import { v1Codec } from './codec.ts';

const message = { messageId: 'm-1', role: 'ROLE_USER', parts: [{ text: 'hello' }] };

function violationOf(run: () => unknown): { readonly field: string; readonly description: string } {
  let caught: unknown;
  try {
    run();
  } catch (thrown) {
    caught = thrown;
  }
  assert.ok(hasCode(caught, 'INVALID_PARAMS'), `INVALID_PARAMS expected, got ${String(caught)}`);
  const [violation] = caught.details['violations'] as { field: string; description: string }[];
  assert.ok(violation);
  assert.ok(caught.message.startsWith(violation.field));
  return violation;
}

function sendViolation(change: object): string {
  return violationOf(() => v1Codec.decodeSend({ message: { ...message, ...change } })).field;
}

test('a message of each kind of part is read into the neutral model', () => {
  const parts = [
    { text: '' },
    { data: [1, { a: null }], mediaType: 'application/json' },
    { raw: 'aGk=', filename: 'hi.txt', mediaType: 'text/plain' },
    { url: 'https://example.com/x', metadata: { a: 1 } },
    { data: null },
  ];
  const decoded = v1Codec.decodeSend({ message: { ...message, parts } });
  assert.deepEqual(decoded.message.parts, [
    { text: '' },
    { data: [1, { a: null }], mediaType: 'application/json' },
    { raw: Buffer.from('hi'), filename: 'hi.txt', mediaType: 'text/plain' },
    { url: 'https://example.com/x', metadata: { a: 1 } },
    { data: null },
  ]);
});

test('a part that has the neutral shape already is not copied', () => {
  const json = { message: { ...message, parts: [{ text: 'x', filename: 'a', unknown: 1 }] } };
  assert.equal(v1Codec.decodeSend(json).message.parts[0], json.message.parts[0]);
});

test('snake_case, numbers for enums, digits for integers and null for unset are read as proto-JSON has them', () => {
  const decoded = v1Codec.decodeSend({
    message: {
      message_id: 'm-1',
      role: 1,
      context_id: 'c-1',
      task_id: null,
      parts: [{ text: 'x', url: null, data: null, media_type: 'text/plain', filename: '' }],
      reference_task_ids: ['t-0'],
      metadata: null,
    },
    configuration: { history_length: '3', return_immediately: true, accepted_output_modes: ['text/plain'] },
  });
  assert.deepEqual(decoded, {
    configuration: { returnImmediately: true, historyLength: 3, acceptedOutputModes: ['text/plain'] },
    message: {
      messageId: 'm-1',
      role: 'user',
      contextId: 'c-1',
      parts: [{ text: 'x', mediaType: 'text/plain' }],
      referenceTaskIds: ['t-0'],
    },
  });
});

test('a send without a configuration waits for the answer', () => {
  assert.deepEqual(v1Codec.decodeSend({ message }).configuration, { returnImmediately: false });
});

test('unknown fields ride along on every object and come out again', () => {
  const json = {
    message: {
      ...message,
      generation: 3,
      parts: [
        { text: 'x', shine: true },
        { raw: 'aGk=', gloss: {} },
      ],
    },
    configuration: { newOption: 1 },
    tenant: 'acme',
  };
  const decoded = v1Codec.decodeSend(json);
  assert.deepEqual(JSON.parse(JSON.stringify(v1Codec.encodeSend(decoded))), json);
});

test('bytes are read from both base64 alphabets, with and without padding', () => {
  for (const raw of ['+/+/', '-_-_', '+/+-', '+/8=', '-_8', '+w==', '-w', '']) {
    const [part] = v1Codec.decodeSend({ message: { ...message, parts: [{ raw }] } }).message.parts;
    const expected = Buffer.from(raw.replaceAll('-', '+').replaceAll('_', '/'), 'base64');
    assert.deepEqual(Buffer.from((part as { raw: Uint8Array }).raw), expected, raw);
  }
});

test('a field that is missing or wrong is named by its path', () => {
  const expected: [object, string][] = [
    [{ messageId: undefined }, 'message.messageId'],
    [{ messageId: '' }, 'message.messageId'],
    [{ messageId: 7 }, 'message.messageId'],
    [{ messageId: 'x'.repeat(1025) }, 'message.messageId'],
    [{ role: undefined }, 'message.role'],
    [{ role: 'user' }, 'message.role'],
    [{ role: 'ROLE_UNSPECIFIED' }, 'message.role'],
    [{ role: 'ROLE_AGENT' }, 'message.role'],
    [{ parts: undefined }, 'message.parts'],
    [{ parts: [] }, 'message.parts'],
    [{ parts: {} }, 'message.parts'],
    [{ parts: [1] }, 'message.parts[0]'],
    [{ parts: [{ text: 'a' }, {}] }, 'message.parts[1]'],
    [{ parts: [{ text: 'a', url: 'b' }] }, 'message.parts[0]'],
    [{ parts: [{ text: 'a', data: 1 }] }, 'message.parts[0]'],
    [{ parts: [{ kind: 'file', file: { uri: 'x' } }] }, 'message.parts[0]'],
    [{ parts: [{ text: 5 }] }, 'message.parts[0].text'],
    [{ parts: [{ url: '' }] }, 'message.parts[0].url'],
    [{ parts: [{ text: 'a', filename: 5 }] }, 'message.parts[0].filename'],
    [{ parts: [{ text: 'a', metadata: [] }] }, 'message.parts[0].metadata'],
    [{ metadata: 'x' }, 'message.metadata'],
    [{ extensions: 'x' }, 'message.extensions'],
    [{ referenceTaskIds: ['a', 5] }, 'message.referenceTaskIds[1]'],
    [{ contextId: 5 }, 'message.contextId'],
  ];
  for (const [change, field] of expected) assert.equal(sendViolation(change), field, JSON.stringify(change));
});

test('what is not base64 is refused', () => {
  for (const raw of ['a', 'a*b=', 'aG k', 'aGk==', 'aGk=x', 'ab=c', 'aGk\n', 5, {}, 'äöüß']) {
    assert.equal(sendViolation({ parts: [{ raw }] }), 'message.parts[0].raw', String(raw));
  }
});

test('a request that is no object, and options that are wrong, are refused', () => {
  for (const json of [undefined, null, 1, 'x', []])
    assert.equal(violationOf(() => v1Codec.decodeSend(json)).field, 'request');
  assert.equal(violationOf(() => v1Codec.decodeSend({})).field, 'message');
  for (const historyLength of [-1, 1.5, '-1', 'x', '', 2 ** 31, {}]) {
    const field = violationOf(() => v1Codec.decodeSend({ message, configuration: { historyLength } })).field;
    assert.equal(field, 'configuration.historyLength', String(historyLength));
  }
  const wrong = { message, configuration: { returnImmediately: 'true' } };
  assert.equal(violationOf(() => v1Codec.decodeSend(wrong)).field, 'configuration.returnImmediately');
  assert.equal(violationOf(() => v1Codec.decodeGetTask({})).field, 'id');
  assert.equal(violationOf(() => v1Codec.decodeGetTask({ id: 't', historyLength: -1 })).field, 'historyLength');
  assert.equal(violationOf(() => v1Codec.decodeTaskId({ id: '' })).field, 'id');
});

test('nesting beyond the limit is refused before anything recurses into it', () => {
  const deep = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`);
  const send = (levels: number): unknown => ({ message: { ...message, parts: [{ data: deep(levels) }] } });
  assert.doesNotThrow(() => v1Codec.decodeSend(send(90)));
  assert.equal(violationOf(() => v1Codec.decodeSend(send(101))).field, 'message');
  assert.equal(violationOf(() => v1Codec.decodeSend(send(100_000))).field, 'message');
  const wide = { message, metadata: { list: new Array(2_000_001).fill(0) } };
  assert.match(violationOf(() => v1Codec.decodeSend(wide)).description, /values/);
});

test('a caller cannot name stored bytes, nor reach a prototype', () => {
  const blob = { sha256: '0'.repeat(64), size: 1 };
  assert.equal(sendViolation({ parts: [{ blob }] }), 'message.parts[0]');
  assert.equal(sendViolation({ parts: [{ base64: 'aGk=' }] }), 'message.parts[0]');
  const decoded = v1Codec.decodeSend({ message: { ...message, parts: [{ text: 'x', blob, base64: 'aGk=' }] } });
  assert.deepEqual(decoded.message.parts, [{ text: 'x' }]);
  const evil = JSON.parse(
    '{"__proto__":{"a":1},"message":{"__proto__":{"a":1},"messageId":"m","role":"ROLE_USER","parts":[{"__proto__":{"a":1},"text":"x"}]}}',
  );
  const read = v1Codec.decodeSend(evil);
  for (const object of [read, read.message, read.message.parts[0]]) {
    assert.equal(Object.getPrototypeOf(object), Object.prototype);
    assert.equal((object as { a?: number }).a, undefined);
  }
});

test('a task goes out with the names of 1.0, without what is empty', () => {
  const task: Task = {
    id: 't',
    contextId: 'c',
    status: { state: 'input-required', timestamp: '2026-01-01T00:00:00.000Z' },
    artifacts: [],
    history: [],
  };
  assert.deepEqual(v1Codec.encodeTask(task), {
    id: 't',
    contextId: 'c',
    status: { state: 'TASK_STATE_INPUT_REQUIRED', timestamp: '2026-01-01T00:00:00.000Z' },
  });
  const page = { tasks: [task], nextPageToken: '', pageSize: 50, totalSize: 1 };
  assert.deepEqual(v1Codec.encodeTaskPage(page), { ...page, tasks: [v1Codec.encodeTask(task)] });
});

test('bytes go out as base64, a journal’s small ones too, and a blob that was not loaded never', () => {
  const encode = (part: Part): unknown => {
    const answer: Message = { messageId: 'm', role: 'agent', parts: [part] };
    return (v1Codec.encodeStreamItem({ kind: 'message', message: answer })['message'] as { parts: unknown[] }).parts[0];
  };
  assert.deepEqual(encode({ raw: new Uint8Array([104, 105]), filename: 'a' }), { raw: 'aGk=', filename: 'a' });
  assert.deepEqual(encode({ raw: new Uint8Array([1, 104, 105, 2]).subarray(1, 3) }), { raw: 'aGk=' });
  assert.deepEqual(encode({ base64: 'aGk=' }), { raw: 'aGk=' });
  assert.throws(
    () => encode({ blob: { sha256: 'ab', size: 1 } }),
    (thrown) => hasCode(thrown, 'INTERNAL'),
  );
});

test('what a server should not have sent is the agent’s fault, not the caller’s', () => {
  const wrong = [undefined, {}, { task: {}, message: {} }, { task: { id: 't' } }, { statusUpdate: { taskId: 't' } }];
  for (const json of wrong) {
    assert.throws(
      () => v1Codec.decodeStreamItem(json),
      (thrown) => hasCode(thrown, 'INVALID_AGENT_RESPONSE'),
    );
  }
});

test('an empty chunk that closes a stream is read, with its parts left out too', () => {
  for (const parts of [{ parts: [] }, {}]) {
    const artifactUpdate = { taskId: 't', contextId: 'c', artifact: { artifactId: 'a', ...parts }, lastChunk: true };
    assert.deepEqual(v1Codec.decodeStreamItem({ artifactUpdate }), {
      kind: 'artifact',
      update: { taskId: 't', contextId: 'c', artifact: { artifactId: 'a', parts: [] }, append: false, lastChunk: true },
    });
  }
});

test('a sparse answer of another server is filled up', () => {
  assert.deepEqual(
    v1Codec.decodeStreamItem({ status_update: { task_id: 't', status: { state: 'TASK_STATE_WORKING' } } }),
    {
      kind: 'status',
      update: { taskId: 't', contextId: '', status: { state: 'working', timestamp: '' } },
    },
  );
  assert.deepEqual(v1Codec.encodeStreamItem(v1Codec.decodeStreamItem({ task: { id: 't', status: { state: 3 } } })), {
    task: { id: 't', contextId: '', status: { state: 'TASK_STATE_COMPLETED' } },
  });
});
