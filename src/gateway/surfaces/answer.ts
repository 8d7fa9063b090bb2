import { type JsonObject, type Logger, ParleyError } from '../../base/index.ts';
import { retryAfterSeconds } from '../edge/retry-after.ts';
import { formatFailure, plainWire } from '../edge/wire.ts';
import type { Asked } from './visit.ts';

/** Answers with JSON of the node's own. */
export function sendJson(asked: Asked, status: number, body: JsonObject): void {
  sendText(asked, { status, body: JSON.stringify(body), headers: ['cache-control', 'no-store'] });
}

/** Answers with text of the node's own. */
export function sendPlain(asked: Asked, contentType: string, body: string): void {
  sendText(asked, { status: 200, body, contentType, headers: ['cache-control', 'no-store'] });
}

/** Answers with what went wrong; cuts the connection when an answer has begun. */
export function sendSurfaceFailure(asked: Asked, thrown: unknown, logger: Logger): void {
  const { request, response } = asked;
  const error = ParleyError.from(thrown);
  if (error.code === 'INTERNAL') logInternal(asked, error, logger);
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const { status, body } = formatFailure(plainWire, error);
  const headers = retryHeaders(error, status);
  if (status === 401) headers.push('www-authenticate', 'Bearer realm="parley"');
  // What is left of the body is not worth waiting for.
  if (!request.complete) headers.push('connection', 'close');
  sendText(asked, { status, body, headers });
}

/** `Retry-After` where another try is worth it, in seconds. */
function retryHeaders(error: ParleyError, status: number): string[] {
  const seconds = retryAfterSeconds(error, status);
  return seconds === undefined ? [] : ['retry-after', String(seconds)];
}

interface TextAnswer {
  readonly status: number;
  readonly body: string;
  /** Default: JSON. */
  readonly contentType?: string;
  readonly headers: readonly string[];
}

function sendText({ response, ownHeaders }: Asked, { status, body, contentType, headers }: TextAnswer): void {
  if (response.destroyed) return;
  const length = String(Buffer.byteLength(body));
  response.writeHead(status, [
    ...ownHeaders,
    ...['content-type', contentType ?? 'application/json', 'content-length', length],
    ...headers,
  ]);
  response.end(body);
}

function logInternal({ request, correlationId }: Asked, error: ParleyError, logger: Logger): void {
  logger.error('a request to a package failed', {
    requestId: correlationId,
    path: request.url?.split('?', 1)[0],
    error: error.cause instanceof Error ? error.cause.stack : error.stack,
  });
}
