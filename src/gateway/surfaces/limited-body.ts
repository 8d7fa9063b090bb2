import type { IncomingMessage } from 'node:http';
import { ParleyError } from '../../base/index.ts';

/** What a request carries: nothing, a few bytes, or more that is read as it comes. */
export type RequestBody = Uint8Array | AsyncIterable<Uint8Array> | undefined;

/** Up to so many bytes are gathered first, when the request says how many they are: they go on in one piece. */
const smallBytes = 64 * 1024;

/** A request's body. PAYLOAD_TOO_LARGE: at once when the request says so, else when it is read. CANCELED when its sender leaves. */
export async function readLimitedBody(request: IncomingMessage, limit: number): Promise<RequestBody> {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (Number(length ?? 0) > limit) throw tooLarge(limit);
  if (encoding !== undefined) return readChunks(request, limit);
  const bytes = Number(length ?? 0);
  if (bytes === 0) return undefined;
  return bytes <= smallBytes ? gather(request) : readChunks(request, limit);
}

function gather(request: IncomingMessage): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    request.once('error', (cause) =>
      reject(new ParleyError('CANCELED', 'The caller left before it had asked.', { cause })),
    );
  });
}

async function* readChunks(request: IncomingMessage, limit: number): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  // What is left of it must not take the connection with it: the caller still gets its answer.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    total += (chunk as Uint8Array).byteLength;
    if (total > limit) throw tooLarge(limit);
    yield chunk as Uint8Array;
  }
}

function tooLarge(limit: number): ParleyError {
  const message = `The body is over the limit of ${limit} bytes. Send less at once, or raise the setting surfaces.bodyBytes.`;
  return new ParleyError('PAYLOAD_TOO_LARGE', message, { details: { limit } });
}
