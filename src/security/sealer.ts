import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ParleyError } from '../base/index.ts';
import { deriveKey } from './derive-key.ts';

/** What every sealed text begins with. */
export const sealedPrefix = 'ps1.';
const ivLength = 12;
const tagLength = 16;

/** Keeps secrets at rest: AES-256-GCM under the node's key. */
export interface Sealer {
  /** A text that only `open` reads; two seals of one text differ. */
  seal(text: string): string;
  /** Throws CONFIG_INVALID when the text was altered or sealed under another key. */
  open(sealed: string): string;
}

/** A sealer under the node's key. */
export function createSealer(key: string): Sealer {
  const secret = deriveKey(key, 'seal');
  return {
    seal(text) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', secret, iv);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return sealedPrefix + Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed) {
      try {
        const bytes = Buffer.from(sealed.slice(sealedPrefix.length), 'base64url');
        const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(0, ivLength), {
          authTagLength: tagLength,
        });
        decipher.setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
        return decipher.update(bytes.subarray(ivLength + tagLength), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        const message =
          'A sealed value cannot be opened: it was sealed with another key; restore the key file or set the value again.';
        throw new ParleyError('CONFIG_INVALID', message, { cause });
      }
    },
  };
}
