import { sign, verify } from 'node:crypto';
import { isObject, ParleyError } from '../../base/index.ts';
import { type ParsedKey, parsePrivateKey } from './signing-key.ts';

const format = 'parley-signature-1';

/** What a signature vouches for. */
export interface PackageFacts {
  /** Lower-case hex, of the file. */
  readonly sha256: string;
  readonly name: string;
  readonly version: string;
}

/** The content of `NAME.apkg.sig`: what was signed, with which key, and the proof. */
export interface PackageSignature extends PackageFacts {
  readonly format: typeof format;
  readonly keyId: string;
  /** Ed25519 over the canonical text of the facts, in base64url. */
  readonly signature: string;
}

/** Whether a signature holds; `reason` ends a sentence that begins with the package. */
export type SignatureVerdict =
  | { readonly valid: true; readonly keyId: string }
  | { readonly valid: false; readonly reason: string };

/** Signs with a private key in PEM. CONFIG_INVALID when it is none. */
export function signPackage({ sha256, name, version }: PackageFacts, privateKey: string): PackageSignature {
  const { key, keyId } = parsePrivateKey(privateKey);
  const signature = sign(null, createCanonicalText({ sha256, name, version }), key).toString('base64url');
  return { format, keyId, sha256, name, version, signature };
}

/** Reads a detached signature. VALIDATION_FAILED when it is none. */
export function parsePackageSignature(text: string): PackageSignature {
  const value = parseJson(text);
  const fields = ['keyId', 'sha256', 'name', 'version', 'signature'];
  if (isObject(value) && value['format'] === format && fields.every((field) => typeof value[field] === 'string')) {
    return value as unknown as PackageSignature;
  }
  throw new ParleyError(
    'VALIDATION_FAILED',
    `The signature is not in the format ${format}; make it with "parley sign".`,
  );
}

/** Pure: does one of the keys vouch for exactly these facts? What the signature says of itself is only used to explain. */
export function verifyPackageSignature(
  signature: PackageSignature,
  facts: PackageFacts,
  keys: readonly ParsedKey[],
): SignatureVerdict {
  for (const field of ['sha256', 'name', 'version'] as const) {
    if (signature[field] === facts[field]) continue;
    return refuse(`is signed for another ${field}: ${signature[field].slice(0, 80)} instead of ${facts[field]}`);
  }
  const key = keys.find(({ keyId }) => keyId === signature.keyId);
  if (key === undefined)
    return refuse(`is signed with the key ${signature.keyId.slice(0, 16)}, which is not trusted for it`);
  const proof = Buffer.from(signature.signature, 'base64url');
  if (verify(null, createCanonicalText(facts), key.key, proof)) return { valid: true, keyId: key.keyId };
  return refuse(`has a signature that its key ${key.keyId} did not make`);
}

// A JSON list has one reading, whatever characters a version may hold.
function createCanonicalText({ sha256, name, version }: PackageFacts): Buffer {
  return Buffer.from(`${format}\n${JSON.stringify([sha256, name, version])}\n`, 'utf8');
}

function refuse(reason: string): SignatureVerdict {
  return { valid: false, reason };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
