import { createPrivateKey, createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';

/** What a signature says. */
export interface WebhookClaims {
  /** Whom it is for: the webhook's origin. */
  readonly audience: string;
  /** Of the delivery; the same when it is repeated. */
  readonly id: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly claims: Readonly<Record<string, string>>;
}

/** Signs what is sent to webhooks: JWTs with ES256. */
export interface WebhookSigner {
  sign(claims: WebhookClaims): Promise<string>;
  /** The public keys, as a JSON Web Key Set (RFC 7517). */
  keys(): Promise<{ readonly keys: readonly JWK[] }>;
}

/** A signer with that private key; `issuer`: the address of the fabric. */
export function createWebhookSigner(pem: string, issuer: () => string): WebhookSigner {
  const privateKey = createPrivateKey(pem);
  let publicKey: Promise<JWK> | undefined;
  const describe = (): Promise<JWK> => {
    publicKey ??= describePublicKey(pem);
    return publicKey;
  };
  return {
    async sign({ audience, id, issuedAtMs, expiresAtMs, claims }) {
      const [{ SignJWT }, { kid = '' }] = await Promise.all([loadJose(), describe()]);
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid })
        .setIssuer(issuer())
        .setAudience(audience)
        .setJti(id)
        .setIssuedAt(Math.floor(issuedAtMs / 1_000))
        .setExpirationTime(Math.ceil(expiresAtMs / 1_000))
        .sign(privateKey);
    },
    keys: async () => ({ keys: [await describe()] }),
  };
}

async function describePublicKey(pem: string): Promise<JWK> {
  const { calculateJwkThumbprint, exportJWK } = await loadJose();
  const jwk = await exportJWK(createPublicKey(pem));
  return { ...jwk, alg: 'ES256', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** A node without webhooks does not carry it. */
function loadJose(): Promise<typeof import('jose')> {
  return import('jose');
}
