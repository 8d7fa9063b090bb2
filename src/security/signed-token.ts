import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from './derive-key.ts';

const maxTokenLength = 8_192;

/** Signs texts and gives them back only when nobody has changed them. */
export interface TokenSigner {
  /** `<prefix>.<text>.<mac>`, both in base64url. */
  sign(text: string): string;
  /** The signed text, or undefined for anything that this signer did not make. */
  open(token: string): string | undefined;
}

/** Compact HMAC-SHA256 tokens; `prefix` names kind and version, and is the key's purpose. */
export function createTokenSigner(key: string, prefix: string): TokenSigner {
  const secret = deriveKey(key, prefix);
  const head = `${prefix}.`;
  const mac = (signed: string): Buffer => createHmac('sha256', secret).update(signed).digest();
  return {
    sign(text) {
      const signed = head + Buffer.from(text).toString('base64url');
      return `${signed}.${mac(signed).toString('base64url')}`;
    },
    open(token) {
      const dot = token.lastIndexOf('.');
      if (token.length > maxTokenLength || !token.startsWith(head) || dot < head.length) return undefined;
      const given = Buffer.from(token.slice(dot + 1), 'base64url');
      const expected = mac(token.slice(0, dot));
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
      return Buffer.from(token.slice(head.length, dot), 'base64url').toString();
    },
  };
}
