import type { Read } from './read.ts';
import { invalidField, joinPath } from './violation.ts';

/** Bytes in base64, standard or URL-safe, with or without padding; every other character is refused. */
export const readBase64: Read<Uint8Array> = (value, parent, key) => {
  const bytes = typeof value === 'string' ? parseBase64(value) : undefined;
  if (bytes === undefined) throw invalidField(joinPath(parent, key), 'must be bytes in base64');
  return bytes;
};

/** The decoder skips what it does not know, so any wrong character shows as bytes that are missing. */
function parseBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (padding > 0 && text.length % 4 !== 0) return undefined;
  const digits = text.length - padding;
  if (digits % 4 === 1) return undefined;
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === Math.floor((digits * 3) / 4) ? bytes : undefined;
}

/** Standard base64 with padding; no copy of the bytes is made. */
export function formatBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
