import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redact } from './redact.ts';
import { createWorkerCredentials } from './worker-credentials.ts';

test('values under names that sound secret are masked, at every depth', () => {
  const redacted = redact({
    id: 'a',
    headers: [{ Authorization: 'x', 'set-cookie': 'y' }],
    env: { API_KEY: 'z', A: 1 },
  });
  assert.deepEqual(redacted, {
    id: 'a',
    headers: [{ Authorization: '[redacted]', 'set-cookie': '[redacted]' }],
    env: { API_KEY: '[redacted]', A: 1 },
  });
});

test('credentials inside a text are masked and the rest of it stays', () => {
  const credential = createWorkerCredentials('key').issue({ agentId: 'a', deploymentId: 'd' });
  assert.equal(redact(`sent Bearer abc.def to x`), 'sent [redacted] to x');
  assert.equal(redact(`got ${credential}!`), 'got [redacted]!');
  assert.equal(redact('the key pk1.AAAABBBBCCCC.c2VjcmV0 of ci'), 'the key [redacted] of ci');
  assert.equal(redact('token eyJhbGciOiJ9.eyJzdWIi.c2ln is old'), 'token [redacted] is old');
});
