import { ParleyError } from '../../base/index.ts';

/** The bytes of a body as they come. PAYLOAD_TOO_LARGE as soon as they are more than `maxBytes`. */
export async function* limitBody(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  target: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.byteLength;
    if (total > maxBytes) {
      throw new ParleyError('PAYLOAD_TOO_LARGE', `The answer of ${target} is larger than ${maxBytes} bytes.`, {
        details: { limit: maxBytes },
      });
    }
    yield chunk;
  }
}

/** All chunks as one. */
export async function collectBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
