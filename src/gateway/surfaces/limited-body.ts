import type { IncomingMessage } from 'node:http';
import { ParleyError } from '../../base/index.ts';

/** A request's body as it comes, or undefined when it has none. PAYLOAD_TOO_LARGE: at once when the request says so, else when it is read. */
export function readLimitedBody(request: IncomingMessage, limit: number): AsyncIterable<Uint8Array> | undefined {
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > limit) throw tooLarge(limit);
  if (length === 0 && request.headers['transfer-encoding'] === undefined) return undefined;
  return readChunks(request, limit);
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
