import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { ParleyError } from '../../base/index.ts';

const prefix = 'ed25519:';
const rawBytes = 32;

/** An Ed25519 pair as it is written to files. */
export interface SigningKeyPair {
  /** The first 16 hex digits of the public key's sha256: names the key, proves nothing. */
  readonly keyId: string;
  /** One line, `ed25519:` and 43 characters. */
  readonly publicKey: string;
  /** PKCS#8 in PEM; a secret. */
  readonly privateKey: string;
}

/** A key ready to be used. */
export interface ParsedKey {
  readonly keyId: string;
  readonly key: KeyObject;
}

/** A new pair from the system's randomness. */
export function createSigningKeyPair(): SigningKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    keyId: createKeyId(publicKey),
    publicKey: formatPublicKey(publicKey),
    privateKey: String(privateKey.export({ format: 'pem', type: 'pkcs8' })),
  };
}

/** The public key behind `ed25519:…`. CONFIG_INVALID when it is none. */
export function parsePublicKey(text: string): ParsedKey {
  const x = text.trim().slice(prefix.length);
  const whole = text.trim().startsWith(prefix) && Buffer.from(x, 'base64url').length === rawBytes;
  if (!whole) throw badKey(`"${text.slice(0, 80)}" is no public key`, 'write it as keygen prints it, ed25519:…');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  return { keyId: createKeyId(key), key };
}

/** The private key in a PEM text. CONFIG_INVALID when it is none, or of another kind. */
export function parsePrivateKey(pem: string): ParsedKey {
  const key = readPrivateKey(pem);
  if (key.asymmetricKeyType !== 'ed25519')
    throw badKey('The private key is not an Ed25519 key', 'make one with keygen');
  return { keyId: createKeyId(createPublicKey(key)), key };
}

/** The public half of a private key, as one line. */
export function derivePublicKey(pem: string): string {
  return formatPublicKey(createPublicKey(parsePrivateKey(pem).key));
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw badKey('The private key cannot be read', 'give the file that keygen wrote', cause);
  }
}

function formatPublicKey(key: KeyObject): string {
  return prefix + readRaw(key);
}

function createKeyId(key: KeyObject): string {
  return createHash('sha256')
    .update(Buffer.from(readRaw(key), 'base64url'))
    .digest('hex')
    .slice(0, 16);
}

function readRaw(key: KeyObject): string {
  return String(key.export({ format: 'jwk' }).x);
}

function badKey(what: string, hint: string, cause?: unknown): ParleyError {
  return new ParleyError('CONFIG_INVALID', `${what}; ${hint}.`, { cause });
}
