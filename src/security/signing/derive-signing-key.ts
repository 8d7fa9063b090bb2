import { createPrivateKey } from 'node:crypto';
import { deriveKey } from '../derive-key.ts';
import { derivePublicKey, type ParsedKey, parsePrivateKey, parsePublicKey } from './signing-key.ts';

/** What PKCS #8 has in front of the 32 bytes of an Ed25519 private key (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Both halves of a key. */
export interface DerivedSigningKey {
  readonly secret: ParsedKey;
  readonly open: ParsedKey;
  /** The public half as one line, `ed25519:…`. */
  readonly publicKey: string;
}

/** An Ed25519 key for one purpose: the same for all nodes that have the secret, and kept nowhere. */
export function deriveSigningKey(secret: string, purpose: string): DerivedSigningKey {
  const seed = deriveKey(secret, purpose).export();
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' });
  const pem = String(key.export({ format: 'pem', type: 'pkcs8' }));
  const publicKey = derivePublicKey(pem);
  return { secret: parsePrivateKey(pem), open: parsePublicKey(publicKey), publicKey };
}
