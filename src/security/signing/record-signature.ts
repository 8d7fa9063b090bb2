import { createHash, sign, verify } from 'node:crypto';
import { isObject } from '../../base/index.ts';
import type { SignatureVerdict } from './package-signature.ts';
import type { ParsedKey } from './signing-key.ts';

/** What the signature of a record of the log vouches for. */
export interface SignedRecord {
  readonly topic: string;
  readonly key: string;
  readonly recordId: string;
  /** As it is published. */
  readonly value: Uint8Array;
}

const maxSignatureLength = 1_024;

/**
 * A detached JSON Web Signature (RFC 7515, appendix F) with EdDSA. The payload that is not in it is the JSON text of key, recordId, topic and
 * the value's sha256 in base64url, in this order and without blanks.
 */
export function signRecord(record: SignedRecord, { key, keyId }: ParsedKey): string {
  const head = encode(JSON.stringify({ alg: 'EdDSA', kid: keyId }));
  return `${head}..${sign(null, signingInput(head, record), key).toString('base64url')}`;
}

/** Whether one of the keys vouches for exactly this record. `reason` ends a sentence that begins with the record. */
export function verifyRecordSignature(
  signature: string,
  record: SignedRecord,
  keys: readonly ParsedKey[],
): SignatureVerdict {
  const [head = '', payload, proof = '', ...more] = signature.split('.');
  const keyId = signature.length <= maxSignatureLength ? readKeyId(head) : undefined;
  if (keyId === undefined || payload !== '' || more.length > 0) return refuse('has something that is no signature');
  const key = keys.find((known) => known.keyId === keyId);
  if (key === undefined) return refuse(`is signed with the key ${keyId.slice(0, 16)}, which is not its sender's`);
  if (verify(null, signingInput(head, record), key.key, Buffer.from(proof, 'base64url'))) return { valid: true, keyId };
  return refuse(`has a signature that its sender's key ${keyId} did not make`);
}

function signingInput(head: string, { topic, key, recordId, value }: SignedRecord): Buffer {
  const digest = createHash('sha256').update(value).digest('base64url');
  return Buffer.from(`${head}.${encode(JSON.stringify({ key, recordId, topic, value: digest }))}`);
}

/** Undefined: it is no head of ours; an extension that must be understood is not. */
function readKeyId(head: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(head, 'base64url').toString());
    if (!isObject(parsed) || parsed['alg'] !== 'EdDSA' || 'crit' in parsed) return undefined;
    return typeof parsed['kid'] === 'string' ? parsed['kid'] : undefined;
  } catch {
    return undefined;
  }
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url');
}

function refuse(reason: string): SignatureVerdict {
  return { valid: false, reason };
}
