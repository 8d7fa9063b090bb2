import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { loadProtoJson } from './proto-json.ts';
import { encodeStatusDetails } from './status-details.ts';

const message = loadProtoJson('lf/a2a/v1/a2a.proto', 'lf.a2a.v1.Message');
const oldItem = loadProtoJson('a2a/v1/a2a.proto', 'a2a.v1.StreamResponse');

test('a message comes back as it was, with every kind of value in it', () => {
  const json = {
    messageId: 'm',
    role: 'ROLE_USER',
    parts: [
      { text: 'x' },
      { data: { a: [1, null, true, { b: 'c' }], metadata: 1 }, metadata: { data: { timestamp: 'no time' } } },
      { raw: 'AAEC', filename: 'f', mediaType: 'x/y' },
      { data: null },
      { data: 3 },
    ],
    metadata: { q: 'w' },
    extensions: ['u'],
  };
  assert.deepEqual(message.decode(message.encode(json)), json);
});

test('a name like __proto__ is a name like any other', () => {
  const json = JSON.parse('{"metadata":{"__proto__":{"polluted":true},"constructor":"c"}}');
  const back = message.decode(message.encode(json));
  assert.equal(JSON.stringify(back), JSON.stringify(json));
  assert.equal('polluted' in {}, false);
});

test('names are those that the proto file gives for JSON, and times have milliseconds', () => {
  const status = {
    state: 'TASK_STATE_WORKING',
    message: { role: 'ROLE_AGENT' },
    timestamp: '1969-12-31T23:59:59.123Z',
  };
  const json = { statusUpdate: { taskId: 't', status, final: true } };
  assert.deepEqual(oldItem.decode(oldItem.encode(json)), json);
});

test('fields that a type does not have are left out, and values that do not fit are refused', () => {
  assert.deepEqual(message.decode(message.encode({ messageId: 'm', unknown: 1 })), { messageId: 'm' });
  for (const wrong of [{ role: 'ROLE_KING' }, { parts: 'text' }, { metadata: [] }, { parts: ['text'] }]) {
    assert.throws(() => message.encode(wrong), TypeError);
  }
});

test('the details of an error are those of HTTP+JSON', () => {
  const violations = [{ field: 'a', description: 'b' }];
  const error = new ParleyError('QUEUE_FULL', 'full', { retryAfterMs: 1_500, details: { limit: 3, violations } });
  const bytes = encodeStatusDetails(error, 8);
  assert.ok(bytes);
  const status = loadProtoJson('google/rpc/status.proto', 'google.rpc.Status').decode(bytes);
  const details = status['details'] as readonly { readonly typeUrl: string; readonly value: string }[];
  const read = details.map(({ typeUrl, value }) => {
    const type = loadProtoJson('google/rpc/error_details.proto', typeUrl.replace('type.googleapis.com/', ''));
    return type.decode(Buffer.from(value, 'base64'));
  });
  assert.deepEqual(read, [
    { reason: 'QUEUE_FULL', domain: 'parley', metadata: { limit: '3' } },
    { fieldViolations: violations },
    { retryDelay: '1.5s' },
  ]);
});

test('an error whose details are too large for a header goes without them', () => {
  const error = new ParleyError('INVALID_PARAMS', 'wrong', { details: { text: 'x'.repeat(10_000) } });
  assert.equal(encodeStatusDetails(error, 3), undefined);
});
