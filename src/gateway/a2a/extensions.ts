import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type Codec, idempotentSendUri, type OperationName } from '../../protocol/index.ts';

const sends: ReadonlySet<OperationName> = new Set(['sendMessage', 'streamMessage']);

/** True when the caller asks for idempotent sends, by the header of 1.0 or of 0.3. */
export function asksForIdempotentSend(headers: IncomingHttpHeaders): boolean {
  const asked = [headers['a2a-extensions'], headers['x-a2a-extensions']].flat();
  return asked.some((list) => list?.split(',').some((uri) => uri.trim() === idempotentSendUri));
}

export interface ExtensionUse {
  readonly headers: IncomingHttpHeaders;
  readonly codec: Codec;
  readonly operation: OperationName;
}

/** Tells the caller which of the extensions that it asked for are in use. */
export function acknowledgeExtensions(reply: FastifyReply, { headers, codec, operation }: ExtensionUse): void {
  if (!sends.has(operation) || !asksForIdempotentSend(headers)) return;
  reply.header(codec.version === '0.3' ? 'X-A2A-Extensions' : 'A2A-Extensions', idempotentSendUri);
}
