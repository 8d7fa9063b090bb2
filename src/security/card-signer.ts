import { createHash, createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto';

/** A JSON Web Signature whose payload is elsewhere (RFC 7515, appendix F), as agent cards have it. */
export interface CardSignature {
  /** The header in base64url: `alg`, `typ`, `kid`, and in `jku` where the key is. */
  readonly protected: string;
  readonly signature: string;
}

/** Signs agent cards with ES256. */
export interface CardSigner {
  /** The signature over a canonical payload; the same for the same payload, as long as it is remembered. `jku`: where the key is published. */
  sign(payload: string, jku: string): CardSignature;
  /** The public key, as it is published. */
  readonly key: JsonWebKey;
}

/** Cards change rarely: what is asked for again and again is signed once, and keeps its ETag. */
const remembered = 1_000;

/** A signer with that private key, PKCS #8 in PEM, of the curve P-256. */
export function createCardSigner(pem: string): CardSigner {
  const privateKey = createPrivateKey(pem);
  const key = describeKey(pem);
  const known = new Map<string, CardSignature>();
  return {
    key,
    sign(payload, jku) {
      const name = createHash('sha256').update(`${jku}\n${payload}`).digest('base64url');
      const earlier = known.get(name);
      if (earlier !== undefined) return earlier;
      const header = JSON.stringify({ alg: 'ES256', typ: 'JOSE', kid: key.kid, jku });
      const made = signPayload(Buffer.from(header).toString('base64url'), payload, privateKey);
      known.set(name, made);
      const [oldest] = known.keys();
      if (known.size > remembered && oldest !== undefined) known.delete(oldest);
      return made;
    },
  };
}

function signPayload(header: string, payload: string, key: KeyObject): CardSignature {
  const input = Buffer.from(`${header}.${Buffer.from(payload).toString('base64url')}`);
  return {
    protected: header,
    signature: sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
  };
}

function describeKey(pem: string): JsonWebKey & { readonly kid: string } {
  const { crv, kty, x, y } = createPublicKey(pem).export({ format: 'jwk' });
  // RFC 7638: the thumbprint is over these members in this order.
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return { kty, crv, x, y, alg: 'ES256', use: 'sig', kid } as JsonWebKey & { readonly kid: string };
}
