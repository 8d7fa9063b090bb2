import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ParleyError } from '../../base/index.ts';

export interface BodyBudgetOptions {
  /** Of all bodies that are in memory at once. */
  readonly bodiesBytes: number;
  /** Of one body: so many count for one that does not say its length, until it is there. */
  readonly bodyBytes: number;
}

/** Smaller bodies are not counted: connections bound them. */
const smallBytes = 16 * 1024;
const retryAfterMs = 1_000;
/** Bodies that a route with `streamsBody` hands on as they come. */
const handedOn = /^(?:multipart\/form-data|application\/(?:octet-stream|zip))\b/i;

/** Bounds the bodies that are gathered, all together: a request for which there is no room is refused before it is read. QUEUE_FULL. */
export function mountBodyBudget(app: FastifyInstance, { bodiesBytes, bodyBytes }: BodyBudgetOptions): void {
  let used = 0;
  const claims = new WeakMap<FastifyRequest, { bytes: number }>();
  app.addHook('onRequest', (request, reply, done) => {
    const bytes = expectBytes(request, bodyBytes);
    if (bytes <= smallBytes || bytes > bodyBytes) return done();
    if (used + bytes > bodiesBytes) {
      // What comes of the body is thrown away: if the connection were closed, a caller that is still sending would lose the answer.
      reply.header('connection', 'keep-alive');
      return done(noRoom(bodiesBytes));
    }
    const claim = { bytes };
    used += bytes;
    claims.set(request, claim);
    reply.raw.once('close', () => {
      used -= claim.bytes;
    });
    done();
  });
  app.addHook('preHandler', (request, _reply, done) => {
    const claim = claims.get(request);
    if (claim && Buffer.isBuffer(request.body)) {
      used -= claim.bytes - request.body.length;
      claim.bytes = request.body.length;
    }
    done();
  });
}

function expectBytes({ headers, routeOptions: { config } }: FastifyRequest, bodyBytes: number): number {
  if (config.isSurface || (config.streamsBody && handedOn.test(headers['content-type'] ?? ''))) return 0;
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : bodyBytes;
}

function noRoom(limit: number): ParleyError {
  const message = `The bodies of the requests under way fill the ${limit} bytes that there are for them. Call again in a moment.`;
  return new ParleyError('QUEUE_FULL', message, { retryAfterMs, details: { limit } });
}
