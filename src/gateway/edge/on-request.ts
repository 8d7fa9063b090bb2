import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { ParleyError } from '../../base/index.ts';
import type { Door } from '../door.ts';
import { healthPath } from '../fabric-routes.ts';
import { readCorrelationId } from './correlation.ts';
import { addVary } from './reply.ts';

/** Runs before anything else is read of a request: its id, where it may come from, whether the door is open. */
export function createOnRequest(door: Door): onRequestHookHandler {
  const { guard } = door;
  return (request, reply, done) => {
    if (request.routeOptions.config.isSurface) return done();
    request.correlationId = readCorrelationId(request.headers);
    reply.headers(protectiveHeaders).header('x-request-id', request.correlationId);
    try {
      guard.checkHost(request.headers);
      const origin = guard.checkOrigin(request.headers);
      if (origin !== undefined && answerOrigin(request, reply, origin)) return;
      if (request.routeOptions.url !== healthPath) door.services();
      done();
    } catch (thrown) {
      reply.header('connection', 'close');
      done(ParleyError.from(thrown));
    }
  };
}

/** Nothing that the node itself answers is a page: no browser is to guess a type, put it into a frame or pass its address on. */
const protectiveHeaders: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

const corsHeaders: Readonly<Record<string, string>> = {
  'access-control-allow-methods': 'GET, POST, PUT, DELETE',
  'access-control-allow-headers': [
    'Authorization, Content-Type, If-None-Match, A2A-Version, A2A-Extensions, X-A2A-Extensions, Idempotency-Key, Last-Event-ID',
    'Parley-Timeout-Ms, Parley-Current-Generation, Parley-If-Generation-Match, traceparent, X-Correlation-ID, X-Deployment-ID',
  ].join(', '),
  'access-control-max-age': '600',
};

const exposedHeaders = 'X-Request-ID, Retry-After, WWW-Authenticate, ETag, A2A-Extensions, X-A2A-Extensions';

/** Lets the allowed page read the answer; true when the request was the browser's own question, and is answered. */
function answerOrigin(request: FastifyRequest, reply: FastifyReply, origin: string): boolean {
  reply.header('access-control-allow-origin', origin);
  addVary(reply, 'Origin');
  reply.header('access-control-expose-headers', exposedHeaders);
  if (request.method !== 'OPTIONS') return false;
  reply.headers(corsHeaders).code(204).send();
  return true;
}
