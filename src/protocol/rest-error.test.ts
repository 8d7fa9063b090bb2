import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorCatalogue, type JsonObject, ParleyError } from '../base/index.ts';
import { formatRestError } from './rest-error.ts';

test('a REST error is a google.rpc.Status under the HTTP status of its code', () => {
  const error = new ParleyError('VERSION_NOT_SUPPORTED', 'A2A 9.9 is not supported.', {
    details: { supported: '1.0' },
  });
  assert.deepEqual(formatRestError(error), {
    status: 400,
    body: {
      error: {
        code: 400,
        status: 'FAILED_PRECONDITION',
        message: 'A2A 9.9 is not supported.',
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'VERSION_NOT_SUPPORTED',
            domain: 'a2a-protocol.org',
            metadata: { supported: '1.0' },
          },
        ],
      },
    },
  });
});

test('every code has a reason, and the domain a2a-protocol.org goes with the codes that the specification defines', () => {
  for (const code of Object.keys(errorCatalogue) as ErrorCode[]) {
    const { status, body } = formatRestError(new ParleyError(code, 'what happened'));
    const [info] = (body['error'] as JsonObject)['details'] as readonly JsonObject[];
    const { http, jsonRpc } = errorCatalogue[code];
    const isSpecified = jsonRpc >= -32010 || jsonRpc <= -32600;
    assert.equal(status, http);
    assert.equal(info?.['domain'], isSpecified ? 'a2a-protocol.org' : 'parley', code);
    assert.match(String(info?.['reason']), /^[A-Z_]+$/);
  }
});
