import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type PackageFacts,
  type PackageSignature,
  parsePackageSignature,
  signPackage,
  verifyPackageSignature,
} from './package-signature.ts';
import { createSigningKeyPair, derivePublicKey, parsePublicKey } from './signing-key.ts';

const facts: PackageFacts = { sha256: 'a'.repeat(64), name: 'greeter', version: '1.0.0' };
const pair = createSigningKeyPair();
const keys = [parsePublicKey(pair.publicKey)];

function refusal(signature: PackageSignature, actual: PackageFacts = facts): string {
  const verdict = verifyPackageSignature(signature, actual, keys);
  return verdict.valid ? 'valid' : verdict.reason;
}

test('a signature holds for what was signed, with the key that signed it', () => {
  const signature = parsePackageSignature(JSON.stringify(signPackage(facts, pair.privateKey)));
  assert.deepEqual(verifyPackageSignature(signature, facts, keys), { valid: true, keyId: pair.keyId });
});

test('another digest, name or version is refused, and the reason names it', () => {
  const signature = signPackage(facts, pair.privateKey);
  assert.match(refusal(signature, { ...facts, sha256: 'b'.repeat(64) }), /another sha256/);
  assert.match(refusal(signature, { ...facts, name: 'other' }), /another name: greeter instead of other/);
  assert.match(refusal(signature, { ...facts, version: '2.0.0' }), /another version/);
});

test('a signature whose claims were rewritten to fit does not hold', () => {
  const actual = { ...facts, version: '2.0.0' };
  assert.match(refusal({ ...signPackage(facts, pair.privateKey), version: '2.0.0' }, actual), /did not make/);
});

test('a signature of a key that is not trusted does not hold, not even under the name of a trusted one', () => {
  const stranger = signPackage(facts, createSigningKeyPair().privateKey);
  assert.match(refusal(stranger), /not trusted/);
  assert.match(refusal({ ...stranger, keyId: pair.keyId }), /did not make/);
});

test('every altered bit of the proof is noticed', () => {
  const signature = signPackage(facts, pair.privateKey);
  const proof = Buffer.from(signature.signature, 'base64url');
  for (let bit = 0; bit < proof.length * 8; bit += 7) {
    const altered = Buffer.from(proof);
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.match(refusal({ ...signature, signature: altered.toString('base64url') }), /did not make/, `bit ${bit}`);
  }
});

test('what is no signature is refused as such', () => {
  for (const text of ['', '{', '[]', '{"format":"other"}', JSON.stringify({ format: 'parley-signature-1' })]) {
    assert.throws(() => parsePackageSignature(text), { code: 'VALIDATION_FAILED' }, text);
  }
});

test('the public key follows from the private one, and what is no key is refused', () => {
  assert.equal(derivePublicKey(pair.privateKey), pair.publicKey);
  for (const text of ['', 'ed25519:', 'ed25519:AAAA', pair.publicKey.slice(1), `rsa:${pair.publicKey}`]) {
    assert.throws(() => parsePublicKey(text), { code: 'CONFIG_INVALID' }, text);
  }
  assert.throws(() => signPackage(facts, 'not a key'), { code: 'CONFIG_INVALID' });
});
