import type { FastifyReply } from 'fastify';
import { type JsonObject, type Logger, ParleyError } from '../../base/index.ts';
import { contentTypeOf, formatFailure, formatResult, type Wire } from './wire.ts';

/** Sends a result as one string. */
export function sendResult(reply: FastifyReply, wire: Wire, result: JsonObject): void {
  reply.header('content-type', contentTypeOf(wire)).send(formatResult(wire, result));
}

/** Sends a failure in the wire's own form, with the headers that belong to its code. Does nothing once an answer has begun. */
export function sendFailure(reply: FastifyReply, wire: Wire, thrown: unknown, logger: Logger): void {
  const error = ParleyError.from(thrown);
  if (error.code === 'INTERNAL') logError(reply, error, logger);
  if (reply.sent || reply.raw.destroyed) return;
  const { status, body } = formatFailure(wire, error);
  if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="parley"');
  const retryAfterMs = error.retryAfterMs ?? (status === 429 || status === 503 ? 1_000 : undefined);
  if (retryAfterMs !== undefined) reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  reply.code(status).header('content-type', contentTypeOf(wire)).send(body);
}

/** Says what else the answer depends on. */
export function addVary(reply: FastifyReply, name: string): void {
  const earlier = reply.getHeader('vary');
  reply.header('vary', typeof earlier === 'string' ? `${earlier}, ${name}` : name);
}

function logError(reply: FastifyReply, error: ParleyError, logger: Logger): void {
  logger.error('a request failed', {
    requestId: reply.getHeader('x-request-id'),
    route: reply.request.routeOptions.url,
    error: error.cause instanceof Error ? error.cause.stack : error.stack,
  });
}
