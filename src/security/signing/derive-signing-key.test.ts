import assert from 'node:assert/strict';
import { sign, verify } from 'node:crypto';
import { test } from 'node:test';
import { deriveSigningKey } from './derive-signing-key.ts';

test('nodes with the same secret sign with the same key, for each purpose another', () => {
  const bytes = Buffer.from('what is signed');
  const first = deriveSigningKey('secret', 'market');
  const signature = sign(null, bytes, first.secret.key);
  assert.equal(verify(null, bytes, deriveSigningKey('secret', 'market').open.key, signature), true);
  assert.equal(verify(null, bytes, deriveSigningKey('secret', 'other').open.key, signature), false);
  assert.equal(verify(null, bytes, deriveSigningKey('another', 'market').open.key, signature), false);
  assert.match(first.publicKey, /^ed25519:/);
});
