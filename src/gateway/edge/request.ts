import type { FastifyRequest } from 'fastify';
import type { Wire } from './wire.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Names this exchange in logs, traces and the answer's `X-Request-ID`. */
    correlationId: string;
  }
  interface FastifyContextConfig {
    /** How what goes wrong before the handler runs is answered; plain JSON when unset. */
    wire?: Wire;
    /** A package's own: the surfaces look at its headers themselves. */
    isSurface?: boolean;
    /** Takes files, which are handed on as they come and not gathered in memory. */
    streamsBody?: boolean;
  }
}

/** The request's query, as the gateway's own parser made it. */
export function queryOf(request: FastifyRequest): URLSearchParams {
  return request.query as URLSearchParams;
}

/** One of the path's places, decoded; '' when the route has no such place. */
export function placeOf(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? '';
}

/** A header's value; of one that was sent twice, the first. */
export function headerOf({ headers }: Pick<FastifyRequest, 'headers'>, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
