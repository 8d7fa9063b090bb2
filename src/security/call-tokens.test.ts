import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CallChain } from './call-chain.ts';
import { createCallTokens } from './call-tokens.ts';
import { createWorkerCredentials } from './worker-credentials.ts';

const chain: CallChain = {
  origin: 'operator',
  path: ['writer', 'analyst'],
  invocationId: 'call-1',
  deadlineAtMs: 1_700_000_000_000,
  correlationId: 'corr-1',
};

test('a call token gives back the chain it was made for', () => {
  const tokens = createCallTokens('key');
  assert.deepEqual(tokens.verify(tokens.sign(chain)), chain);
  const open = { ...chain, deadlineAtMs: undefined };
  assert.deepEqual(tokens.verify(tokens.sign(open)), open);
});

test('a call token keeps the task whose invocation it is, with roles and without', () => {
  const tokens = createCallTokens('key');
  for (const more of [
    { taskId: 't-1' },
    { taskId: 't-1', party: 'key:ci' },
    { taskId: 't-1', roles: ['auditor'] },
    { roles: ['auditor'] },
  ]) {
    assert.deepEqual(tokens.verify(tokens.sign({ ...chain, ...more })), { ...chain, ...more });
  }
});

test('no character of a call token can be changed, cut or added', () => {
  const tokens = createCallTokens('key');
  const token = tokens.sign(chain);
  const mac = token.lastIndexOf('.') + 1;
  for (let at = 0; at < token.length - 1; at++) {
    const other = token[at] === 'A' ? 'B' : 'A';
    assert.throws(() => tokens.verify(token.slice(0, at) + other + token.slice(at + 1)), { code: 'UNAUTHENTICATED' });
  }
  for (const bad of ['', 'pc1', 'pc1.', 'pc1..', token.slice(0, mac), `${token}AAAA`, 'x'.repeat(100_000)]) {
    assert.throws(() => tokens.verify(bad), { code: 'UNAUTHENTICATED' });
  }
});

test('a token of another key, or a worker credential, is no call token', () => {
  const token = createCallTokens('other').sign(chain);
  assert.throws(() => createCallTokens('key').verify(token), { code: 'UNAUTHENTICATED' });
  const credential = createWorkerCredentials('key').issue({ agentId: 'a', deploymentId: 'd' });
  assert.throws(() => createCallTokens('key').verify(credential), { code: 'UNAUTHENTICATED' });
});
