import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { flattenedVerify, importJWK } from 'jose';
import { type SignedRecord, signRecord, verifyRecordSignature } from './record-signature.ts';
import { createSigningKeyPair, parsePrivateKey, parsePublicKey } from './signing-key.ts';

const pair = createSigningKeyPair();
const secret = parsePrivateKey(pair.privateKey);
const keys = [parsePublicKey(pair.publicKey)];
const record: SignedRecord = { topic: 'task-awards', key: 't-1', recordId: 't-1/req/1', value: Buffer.from('bytes') };

function refusal(signature: string, of: SignedRecord = record): string {
  const verdict = verifyRecordSignature(signature, of, keys);
  return verdict.valid ? 'valid' : verdict.reason;
}

test('a signature holds for what was signed, with the key that signed it', () => {
  assert.deepEqual(verifyRecordSignature(signRecord(record, secret), record, keys), { valid: true, keyId: pair.keyId });
});

test('the same record under another topic, key, id or value is not what was signed', () => {
  const signature = signRecord(record, secret);
  const others: readonly Partial<SignedRecord>[] = [
    { topic: 'task-requests' },
    { key: 't-2' },
    { recordId: 't-1/req/2' },
    { value: Buffer.from('other') },
  ];
  for (const other of others) assert.match(refusal(signature, { ...record, ...other }), /did not make/);
});

test('a stranger’s signature does not hold, not even under the name of a known key', () => {
  const stranger = signRecord(record, parsePrivateKey(createSigningKeyPair().privateKey));
  assert.match(refusal(stranger), /not its sender's/);
  const [head = ''] = signRecord(record, secret).split('.');
  assert.match(refusal(`${head}..${stranger.split('.')[2]}`), /did not make/);
});

test('what is no such signature is refused as that', () => {
  const [head = '', , proof = ''] = signRecord(record, secret).split('.');
  const none = Buffer.from(JSON.stringify({ alg: 'none', kid: pair.keyId })).toString('base64url');
  const critical = Buffer.from(JSON.stringify({ alg: 'EdDSA', kid: pair.keyId, crit: ['b64'] })).toString('base64url');
  const texts = [
    '',
    '..',
    head,
    `${head}.${proof}`,
    `${head}.e30.${proof}`,
    `${head}..${proof}.x`,
    `${none}..${proof}`,
  ];
  for (const text of [...texts, `${critical}..${proof}`, 'x'.repeat(5_000), `e30..${proof}`]) {
    assert.match(refusal(text), /no signature/, text.slice(0, 40));
  }
});

test('an outside library finds the signature right, once it has the payload', async () => {
  const [head = '', , signature = ''] = signRecord(record, secret).split('.');
  const { key, recordId, topic } = record;
  const value = createHash('sha256').update(record.value).digest('base64url');
  const payload = Buffer.from(JSON.stringify({ key, recordId, topic, value })).toString('base64url');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: pair.publicKey.slice('ed25519:'.length) };
  const verified = await flattenedVerify({ protected: head, payload, signature }, await importJWK(jwk, 'EdDSA'));
  assert.equal(verified.protectedHeader?.kid, pair.keyId);
});
