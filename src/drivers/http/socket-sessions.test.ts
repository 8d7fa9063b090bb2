import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSocketSessions } from './socket-sessions.ts';

test('headers that HTTP/2 forbids are refused as the caller’s fault, and nothing is left of the request', (t) => {
  const sessions = createSocketSessions();
  t.after(() => sessions.close());
  const head = [':method', 'POST', ':scheme', 'http', ':path', '/a.A/B', ':authority', 'localhost'];
  for (const forbidden of ['http2-settings', 'connection', 'no name']) {
    assert.throws(() => sessions.request('/nobody/listens.sock', [...head, forbidden, 'x']), {
      code: 'INVALID_PARAMS',
      message: new RegExp(`^These headers cannot be passed on: .*${forbidden}`),
    });
  }
});
