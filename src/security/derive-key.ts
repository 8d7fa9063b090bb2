import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

/** A 256-bit key for one purpose (HKDF-SHA256), so that no two uses of the node's key can stand in for each other. */
export function deriveKey(key: string, purpose: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, 'parley', purpose, 32)));
}
