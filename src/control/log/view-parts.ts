import { createHash } from 'node:crypto';
import type { Part } from '../../protocol/index.ts';

/** Parts as plain JSON that can be compared: of bytes their number and their digest. */
export function viewParts(parts: readonly Part[]): readonly object[] {
  return parts.map((part) => {
    if (!('raw' in part)) return JSON.parse(JSON.stringify(part)) as object;
    const { raw, ...rest } = part;
    return { ...rest, bytes: raw.byteLength, sha256: createHash('sha256').update(raw).digest('hex') };
  });
}
