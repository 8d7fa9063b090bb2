import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';
import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';
import { createCardPayloads } from './card-payloads.ts';

/** A public key that somebody trusts for cards (RFC 7517), with the `kid` that signatures name it by. */
export type CardKey = JsonWebKey & { readonly kid: string };

/** What a signature vouches for. */
export interface VerifiedCard {
  /** Of the key that it was signed with. */
  readonly kid: string;
  /** What was signed, and nothing else: fields that the signature does not cover are left out, `signatures` among them. */
  readonly card: JsonObject;
}

/**
 * The card as one of the keys has signed it (A2A 1.0, section 8.4; ES256, ES384, EdDSA, RS256, PS256). Keys come from the caller alone,
 * pinned or from an address that it trusts: what a signature names as its keys' address (`jku`) is not looked at.
 * INVALID_AGENT_RESPONSE when no signature is by one of the keys and over this card.
 */
export function verifyCard(card: JsonObject, keys: readonly CardKey[]): VerifiedCard {
  const signatures = card['signatures'];
  if (!Array.isArray(signatures) || signatures.length === 0) throw notTrusted('it has no signature');
  const payloads = createCardPayloads(card);
  for (const signature of signatures.slice(0, maxSignatures)) {
    const found = readSignature(signature, keys);
    const payload = found && payloads.find((text) => isSigned(found, text));
    if (found && payload !== undefined) return { kid: found.key.kid, card: JSON.parse(payload) as JsonObject };
  }
  throw notTrusted('none of its signatures is by a trusted key and over what the card says');
}

const maxSignatures = 16;

interface FoundSignature {
  readonly protectedHeader: string;
  readonly signature: Buffer;
  readonly key: CardKey;
  readonly algorithm: Algorithm;
}

interface Algorithm {
  readonly kty: string;
  readonly crv?: string;
  readonly hash: string | null;
  readonly options?: { readonly dsaEncoding: 'ieee-p1363' } | { readonly padding: number; readonly saltLength: number };
}

const algorithms: ReadonlyMap<unknown, Algorithm> = new Map<string, Algorithm>([
  ['ES256', { kty: 'EC', crv: 'P-256', hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } }],
  ['ES384', { kty: 'EC', crv: 'P-384', hash: 'sha384', options: { dsaEncoding: 'ieee-p1363' } }],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519', hash: null }],
  ['RS256', { kty: 'RSA', hash: 'sha256' }],
  ['PS256', { kty: 'RSA', hash: 'sha256', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } }],
]);

/** Undefined for what is not a signature, or is by a key or in a way that does not count. */
function readSignature(value: unknown, keys: readonly CardKey[]): FoundSignature | undefined {
  if (!isObject(value)) return undefined;
  const { protected: protectedHeader, signature } = value;
  if (typeof protectedHeader !== 'string' || typeof signature !== 'string') return undefined;
  const header = parseHeader(protectedHeader);
  const key = keys.find(({ kid }) => kid === header['kid']);
  const algorithm = algorithms.get(header['alg']);
  // `crit` names what a reader must know; none of it is known here (RFC 7515, 4.1.11).
  if (!key || !algorithm || 'crit' in header || !fits(key, algorithm)) return undefined;
  return { protectedHeader, signature: Buffer.from(signature, 'base64url'), key, algorithm };
}

function parseHeader(text: string): Readonly<Record<string, unknown>> {
  try {
    const header: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return isObject(header) ? header : {};
  } catch {
    return {};
  }
}

function fits({ kty, crv }: CardKey, algorithm: Algorithm): boolean {
  return kty === algorithm.kty && (algorithm.crv === undefined || crv === algorithm.crv);
}

function isSigned({ protectedHeader, signature, key, algorithm }: FoundSignature, payload: string): boolean {
  const input = Buffer.from(`${protectedHeader}.${Buffer.from(payload).toString('base64url')}`);
  return verify(algorithm.hash, input, { key: readKey(key), ...algorithm.options }, signature);
}

function readKey(key: CardKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (cause) {
    throw new ParleyError('INVALID_PARAMS', `The key ${key.kid} is not a public key in the form of RFC 7517.`, {
      cause,
    });
  }
}

function notTrusted(why: string): ParleyError {
  return new ParleyError('INVALID_AGENT_RESPONSE', `The agent card cannot be trusted: ${why}.`);
}
