import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNodeCalls, fingerprintKey } from './node-calls.ts';

const key = 'k'.repeat(43);
const call = { from: 'a', to: 'b', path: '/invoke', body: '{"x":1}', nowMs: 1_000_000 };

test('a call is taken by the node that it is for, once, and its answer proves who gave it', () => {
  const a = createNodeCalls(key);
  const b = createNodeCalls(key);
  const { token, nonce } = a.sign(call);
  assert.deepEqual(b.verify(token, call), { from: 'a', nonce, aheadMs: 0 });
  assert.throws(() => b.verify(token, call), { code: 'UNAUTHENTICATED', message: /came before/ });
  const answer = b.signAnswer(nonce, 'b');
  assert.ok(a.isAnswer(answer, nonce, 'b'));
  assert.ok(!a.isAnswer(answer, nonce, 'c'));
  assert.ok(!a.isAnswer(answer, 'another', 'b'));
  assert.ok(!a.isAnswer(undefined, nonce, 'b'));
});

test('a call of another fabric, for another node, changed, or too old is refused', () => {
  const b = createNodeCalls(key);
  const refusals: readonly [string, Parameters<typeof b.verify>][] = [
    ['not signed', [undefined, call]],
    ['not signed', [createNodeCalls('x'.repeat(43)).sign(call).token, call]],
    ['for node b', [createNodeCalls(key).sign(call).token, { ...call, to: 'c' }]],
    ['changed', [createNodeCalls(key).sign(call).token, { ...call, body: '{"x":2}' }]],
    ['changed', [createNodeCalls(key).sign(call).token, { ...call, path: '/cancel' }]],
    ['too old', [createNodeCalls(key).sign(call).token, { ...call, nowMs: call.nowMs + 60_001 }]],
  ];
  for (const [reason, args] of refusals) {
    assert.throws(() => b.verify(...args), { code: 'UNAUTHENTICATED', message: new RegExp(reason) });
  }
});

test('the fingerprint is the same for one key and tells nothing of it', () => {
  assert.equal(fingerprintKey(key), fingerprintKey(key));
  assert.notEqual(fingerprintKey(key), fingerprintKey('x'.repeat(43)));
  assert.ok(!fingerprintKey(key).includes('kkk'));
});
