import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { type JsonValue, type Logger, ParleyError } from '../../base/index.ts';
import { retryAfterSeconds } from './retry-after.ts';
import { contentTypeOf, formatFailure, formatResult, type Wire } from './wire.ts';

/** What `sendText` says beside the headers that the reply already has. */
export interface TextAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Sends one string in one write, past Fastify's serializer: that one parses the media type and adds a charset to it. */
export function sendText(reply: FastifyReply, { status, contentType, body }: TextAnswer): void {
  const { raw } = reply;
  const headers = reply.getHeaders();
  headers['content-type'] = contentType;
  headers['content-length'] = Buffer.byteLength(body);
  reply.hijack();
  raw.writeHead(status, headers as OutgoingHttpHeaders);
  raw.end(body);
}

/** Sends a result with status 200. */
export function sendResult(reply: FastifyReply, wire: Wire, result: JsonValue): void {
  sendText(reply, { status: 200, contentType: contentTypeOf(wire), body: formatResult(wire, result) });
}

/** Sends a failure in the wire's own form, with the headers that belong to its code. Does nothing once an answer has begun. */
export function sendFailure(reply: FastifyReply, wire: Wire, thrown: unknown, logger: Logger): void {
  const error = ParleyError.from(thrown);
  if (error.code === 'INTERNAL') logError(reply, error, logger);
  if (reply.sent || reply.raw.destroyed) return;
  const { status, body } = formatFailure(wire, error);
  if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="parley"');
  const retryAfter = retryAfterSeconds(error, status);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  sendText(reply, { status, contentType: contentTypeOf(wire), body });
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
