import { generateKeyPairSync } from 'node:crypto';

/** A new private key for ES256, as PKCS #8 in PEM. */
export function createEs256Key(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
