import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorCode, hasCode, ParleyError } from '../base/index.ts';
import { formatJsonRpcError, formatJsonRpcResult, parseJsonRpc } from './json-rpc.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function refusal(text: string): { readonly code: ErrorCode; readonly id: unknown } {
  try {
    parseJsonRpc(bytes(text));
  } catch (thrown) {
    assert.ok(thrown instanceof ParleyError);
    return { code: thrown.code, id: thrown.details['id'] };
  }
  throw new assert.AssertionError({ message: `${text} was accepted` });
}

test('a request gives its id, method and params', () => {
  for (const id of ['a', 7, null]) {
    const text = JSON.stringify({ jsonrpc: '2.0', id, method: 'GetTask', params: { id: 't' } });
    assert.deepEqual(parseJsonRpc(bytes(text)), { id, method: 'GetTask', params: { id: 't' } });
  }
  const bare = parseJsonRpc(bytes('{"jsonrpc":"2.0","id":1,"method":"ListTasks"}'));
  assert.deepEqual(bare, { id: 1, method: 'ListTasks', params: undefined });
});

test('what is not JSON in UTF-8 is a parse error', () => {
  for (const text of ['', '{', 'nope', '{"jsonrpc":"2.0",}']) assert.equal(refusal(text).code, 'PARSE_ERROR');
  assert.throws(
    () => parseJsonRpc(new Uint8Array([0x22, 0xff, 0x22])),
    (thrown) => hasCode(thrown, 'PARSE_ERROR'),
  );
});

test('a request without an id counts as one with the id null', () => {
  assert.equal(parseJsonRpc(bytes('{"jsonrpc":"2.0","method":"GetTask"}')).id, null);
});

test('what is not one JSON-RPC 2.0 request is refused, with its id where there is one', () => {
  const wrong: [string, unknown][] = [
    ['[]', undefined],
    ['[{"jsonrpc":"2.0","id":1,"method":"GetTask"}]', undefined],
    ['"x"', undefined],
    ['null', undefined],
    ['{"jsonrpc":"2.0","id":{},"method":"GetTask"}', undefined],
    ['{"jsonrpc":"1.0","id":1,"method":"GetTask"}', 1],
    ['{"id":"a","method":"GetTask"}', 'a'],
    ['{"jsonrpc":"2.0","id":1}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":5}', 1],
    ['{"jsonrpc":"2.0","id":1,"method":""}', 1],
  ];
  for (const [text, id] of wrong) assert.deepEqual(refusal(text), { code: 'INVALID_REQUEST', id }, text);
});

test('random JSON is a request or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      try {
        parseJsonRpc(bytes(JSON.stringify(json)));
      } catch (thrown) {
        assert.ok(hasCode(thrown, 'INVALID_REQUEST'));
      }
    }),
  );
});

test('a result is one JSON-RPC answer', () => {
  assert.deepEqual(JSON.parse(formatJsonRpcResult('a"b', { task: { id: 't' } })), {
    jsonrpc: '2.0',
    id: 'a"b',
    result: { task: { id: 't' } },
  });
});

test('an error of the specification carries its reason and domain', () => {
  const error = new ParleyError('TASK_NOT_FOUND', 'Task t-1 does not exist.', { details: { taskId: 't-1' } });
  assert.deepEqual(JSON.parse(formatJsonRpcError(2, error)), {
    jsonrpc: '2.0',
    id: 2,
    error: {
      code: -32001,
      message: 'Task t-1 does not exist.',
      data: [
        {
          '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
          reason: 'TASK_NOT_FOUND',
          domain: 'a2a-protocol.org',
          metadata: { taskId: 't-1' },
        },
      ],
    },
  });
});

test('violations and a time to try again have details of their own', () => {
  const error = new ParleyError('QUEUE_FULL', 'Agent a has 10 calls waiting; try again later.', {
    details: { id: 1, limit: 10, violations: [{ field: 'a', description: 'b' }, 'x'] },
    retryAfterMs: 1500,
  });
  assert.deepEqual(JSON.parse(formatJsonRpcError(null, error)).error.data, [
    {
      '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
      reason: 'QUEUE_FULL',
      domain: 'parley',
      metadata: { limit: '10' },
    },
    {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: 'a', description: 'b' }],
    },
    { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '1.5s' },
  ]);
});

test('an unforeseen failure does not tell the caller its own words', () => {
  const error = ParleyError.from(new Error('cannot open /secret/path'));
  assert.doesNotMatch(formatJsonRpcError(1, error), /secret/);
  assert.equal(JSON.parse(formatJsonRpcError(1, error)).error.code, -32603);
});
