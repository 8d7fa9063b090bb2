import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { ParleyError } from '../../base/index.ts';
import { idempotentSendUri } from '../../protocol/index.ts';
import type { Authenticator, CallerConnection } from '../../security/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import type { Door } from '../door.ts';
import { headerOf } from '../edge/request.ts';
import { callerOf } from '../tls/caller-connections.ts';
import { asksForExtension } from './extensions.ts';

export interface CallContextOptions {
  readonly headers: IncomingHttpHeaders;
  /** What the connection says of the caller. */
  readonly connection?: CallerConnection | undefined;
  readonly correlationId: string;
  readonly authenticator: Authenticator;
  readonly nowMs: number;
}

/** Who calls and under which conditions, from the headers. UNAUTHENTICATED, or INVALID_PARAMS for a header that is not valid. */
export async function readCallContext(options: CallContextOptions): Promise<CallContext> {
  const { headers, connection, correlationId, authenticator, nowMs } = options;
  const principal = await authenticator.authenticate(headers.authorization, connection);
  const chain = authenticator.verifyChain(headerOf({ headers }, 'parley-call-token'), principal);
  const idempotencyKey = readIdempotencyKey(headers);
  const timeoutMs = readWholeNumber(headers, 'parley-timeout-ms', 1);
  const traceparent = headerOf({ headers }, 'traceparent');
  return {
    principal,
    ...(chain && { chain }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(asksForExtension(headers, idempotentSendUri) && { idempotentSend: true }),
    ...(timeoutMs !== undefined && { deadlineAtMs: nowMs + timeoutMs }),
    trace: {
      correlationId: chain?.correlationId ?? correlationId,
      ...(traceparent !== undefined && isTraceparent.test(traceparent) && { traceparent }),
    },
  };
}

/** The same of a request over HTTP. */
export function readRequestContext(door: Door, request: FastifyRequest): Promise<CallContext> {
  const { headers, correlationId } = request;
  return readCallContext({
    headers,
    connection: callerOf(request.raw),
    correlationId,
    authenticator: door.services().authenticator,
    nowMs: door.options.clock.now(),
  });
}

/** The sequence after which a reader goes on, from `Last-Event-ID`; undefined when it begins. */
export function readResumePoint(headers: IncomingHttpHeaders): number | undefined {
  return readWholeNumber(headers, 'last-event-id', 0);
}

const isTraceparent = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}/;
const isVisible = /^[\x21-\x7e]{1,255}$/;

function readIdempotencyKey(headers: IncomingHttpHeaders): string | undefined {
  const key = headerOf({ headers }, 'idempotency-key');
  if (key === undefined || isVisible.test(key)) return key;
  throw invalidHeader('Idempotency-Key', 'must be 1 to 255 visible ASCII characters');
}

function readWholeNumber(headers: IncomingHttpHeaders, name: string, least: number): number | undefined {
  const text = headerOf({ headers }, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least) return value;
  throw invalidHeader(name, `must be a whole number, at least ${least}`);
}

function invalidHeader(name: string, description: string): ParleyError {
  const details = { violations: [{ field: name, description }] };
  return new ParleyError('INVALID_PARAMS', `The header ${name} ${description}.`, { details });
}
