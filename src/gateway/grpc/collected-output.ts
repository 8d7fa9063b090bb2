import type { PythonChunk } from '../../registry/index.ts';

/** What code prints, for an answer that comes in one piece. */
export interface CollectedOutput {
  add(chunk: PythonChunk): void;
  /** As text; over the bound, its beginning and how much is missing. */
  read(kind: 'stdout' | 'stderr'): string;
}

/** `maxBytes`: of each of the two. */
export function createCollectedOutput(maxBytes: number): CollectedOutput {
  const outputs = { stdout: createBoundedText(maxBytes), stderr: createBoundedText(maxBytes) };
  return {
    add({ kind, data }) {
      if (kind !== 'progress') outputs[kind].add(data);
    },
    read: (kind) => outputs[kind].read(),
  };
}

function createBoundedText(maxBytes: number): { add(data: Uint8Array): void; read(): string } {
  const chunks: Uint8Array[] = [];
  let kept = 0;
  let dropped = 0;
  return {
    add(data) {
      const fits = data.subarray(0, maxBytes - kept);
      if (fits.length > 0) chunks.push(fits);
      kept += fits.length;
      dropped += data.length - fits.length;
    },
    read() {
      const text = Buffer.concat(chunks).toString();
      return dropped === 0
        ? text
        : `${text}\n… ${dropped} more bytes were dropped; StreamExecute hands on all of them.\n`;
    },
  };
}
