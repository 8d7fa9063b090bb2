/** Cuts a stream where a marker ends it. */
export interface MarkedOutput {
  /** What of the bytes is output; true once the marker has come: what follows it belongs to nobody. */
  push(chunk: Buffer): { readonly data: Buffer; readonly ended: boolean };
}

/** Only bytes that may be the beginning of the marker are held back. */
export function createMarkedOutput(marker: string): MarkedOutput {
  const wanted = Buffer.from(marker, 'latin1');
  let held: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const end = bytes.indexOf(wanted);
      if (end >= 0) return { data: bytes.subarray(0, end), ended: true };
      const keep = countPossibleStart(bytes, wanted);
      held = bytes.subarray(bytes.length - keep);
      return { data: bytes.subarray(0, bytes.length - keep), ended: false };
    },
  };
}

/** Length of the longest end of `bytes` with which `wanted` begins. */
function countPossibleStart(bytes: Buffer, wanted: Buffer): number {
  const first = wanted[0] ?? 0;
  let start = Math.max(0, bytes.length - wanted.length + 1);
  for (start = bytes.indexOf(first, start); start >= 0; start = bytes.indexOf(first, start + 1)) {
    if (wanted.subarray(0, bytes.length - start).equals(bytes.subarray(start))) return bytes.length - start;
  }
  return 0;
}
