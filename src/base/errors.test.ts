import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorCatalogue } from './error-catalogue.ts';
import { hasCode, isSystemError, ParleyError } from './errors.ts';

const grpcStatuses = [
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

test('every code has a JSON-RPC code of its own, in the range that is ours or the specifications', () => {
  const codes = Object.values(errorCatalogue).map((entry) => entry.jsonRpc);
  assert.equal(new Set(codes).size, codes.length);
  for (const code of codes)
    assert.ok((code <= -32001 && code >= -32099) || (code <= -32600 && code >= -32700), `${code}`);
});

test('every code has an HTTP error status, a canonical gRPC status and a sentence', () => {
  for (const [code, entry] of Object.entries(errorCatalogue)) {
    assert.ok(entry.http >= 400 && entry.http < 600, code);
    assert.ok(grpcStatuses.includes(entry.grpc), `${code}: ${entry.grpc}`);
    assert.match(entry.summary, /^[A-Za-z].*\.$/, code);
  }
});

test('the catalogue cannot be changed', () => {
  assert.throws(() => Object.assign(errorCatalogue, { INTERNAL: undefined }), TypeError);
});

test('what is caught keeps its code when it is ours, and becomes INTERNAL with its cause when it is not', () => {
  const ours = new ParleyError('TASK_NOT_FOUND', 'There is no task t-1.');
  assert.equal(ParleyError.from(ours), ours);
  const foreign = new TypeError('x is undefined');
  const wrapped = ParleyError.from(foreign);
  assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ['INTERNAL', 'x is undefined', foreign]);
  assert.equal(ParleyError.from('just text').message, 'just text');
});

test('an error carries its details, its cause and its row of the catalogue', () => {
  const cause = new Error('ECONNREFUSED');
  const error = new ParleyError('UNREACHABLE', 'No answer from a.example.', {
    cause,
    details: { host: 'a.example' },
    retryAfterMs: 500,
  });
  assert.equal(error.cause, cause);
  assert.deepEqual(error.details, { host: 'a.example' });
  assert.equal(error.retryAfterMs, 500);
  assert.equal(error.entry, errorCatalogue.UNREACHABLE);
});

test('an error is recognised by its code, and a system error by its errno name', () => {
  const code: ErrorCode = 'CONFLICT';
  assert.equal(hasCode(new ParleyError(code, 'The id is taken.'), 'CONFLICT'), true);
  assert.equal(hasCode(new ParleyError(code, 'The id is taken.'), 'NOT_FOUND'), false);
  assert.equal(isSystemError(Object.assign(new Error('gone'), { code: 'ENOENT' }), 'ENOENT'), true);
  assert.equal(isSystemError({ code: 'ENOENT' }, 'ENOENT'), false);
});
