import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorCatalogue, ParleyError } from '../base/index.ts';
import { formatJsonRpcError } from './json-rpc.ts';
import { formatRestError } from './rest-error.ts';
import { parseJsonRpcError, parseWireError } from './wire-error.ts';

test('every code of the catalogue survives JSON-RPC, and a number alone is enough', () => {
  for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
    const { error } = JSON.parse(formatJsonRpcError(1, new ParleyError(code, 'why')));
    assert.equal(parseJsonRpcError(error).code, code);
    assert.equal(parseJsonRpcError({ code: error.code, message: 'why' }).code, code);
  }
  assert.equal(parseJsonRpcError({ code: -32999, message: 'odd' }).code, 'INTERNAL');
});

test('every code of the catalogue survives the A2A wire', () => {
  for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
    assert.equal(parseWireError(formatRestError(new ParleyError(code, 'why'))).code, code);
  }
});

test('an error of the operator API keeps code, message and details', () => {
  const body = { error: { code: 'CONFLICT', message: 'taken', details: { id: 'a' } } };
  const error = parseWireError({ status: 409, body, retryAfter: '2' });
  assert.deepEqual(
    [error.code, error.message, error.details, error.retryAfterMs],
    ['CONFLICT', 'taken', { id: 'a' }, 2_000],
  );
});

test('an error of the A2A wire keeps its facts and the fields that were wrong', () => {
  const details = { skill: 'add', violations: [{ field: '/b', description: 'is missing' }] };
  const error = parseWireError(formatRestError(new ParleyError('INVALID_PARAMS', 'why', { details })));
  assert.deepEqual(error.details, details);
});

test('an answer that says nothing of ours is told by its status', () => {
  for (const body of [undefined, 'text', {}, { error: 'x' }, { error: { code: 'toString' } }]) {
    assert.equal(parseWireError({ status: 401, body }).code, 'UNAUTHENTICATED');
    assert.equal(parseWireError({ status: 418, body }).code, 'INTERNAL');
  }
});
