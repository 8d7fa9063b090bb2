import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ParleyError } from '../base/index.ts';
import type { ControlEvent, ControlRequest, ControlResponse, ControlRoute } from '../control/index.ts';
import { formatSseEvent } from '../protocol/index.ts';
import { anonymous, type Principal } from '../security/index.ts';
import { type ControlRouter, createControlRouter } from './control-router.ts';
import type { Door } from './door.ts';
import { sendEventStream } from './edge/event-stream.ts';
import { parseJsonBody } from './edge/json-body.ts';
import type { OpenCall } from './edge/open-calls.ts';
import { sendFailure, sendText } from './edge/reply.ts';
import { headerOf, queryOf } from './edge/request.ts';
import { readUpload, type UploadTime, uploadTypes } from './edge/upload-body.ts';
import { contentTypeOf, formatStreamFailure, plainWire } from './edge/wire.ts';
import { callerOf } from './tls/caller-connections.ts';

/** Mounts the operator's API: routes are looked up among those that were admitted. */
export function mountControl(app: FastifyInstance, door: Door, uploadTime: UploadTime): void {
  let router: { readonly routes: readonly ControlRoute[]; readonly find: ControlRouter } | undefined;
  const find: ControlRouter = (method, path) => {
    const routes = door.services().controlRoutes;
    if (router?.routes !== routes) router = { routes, find: createControlRouter(routes) };
    return router.find(method, path);
  };
  void app.register(async (scope) => {
    // Files are not gathered in memory: the route that takes one reads it as it comes.
    scope.addContentTypeParser([...uploadTypes], (_request, payload, done) => done(null, payload));
    scope.route({
      method: ['GET', 'POST', 'DELETE'],
      url: '/api/v1/*',
      config: { streamsBody: true },
      handler: (request, reply) => {
        void serveControl({ door, find, uploadTime }, request, reply);
      },
    });
  });
}

interface ControlDoor {
  readonly door: Door;
  readonly find: ControlRouter;
  readonly uploadTime: UploadTime;
}

async function serveControl(control: ControlDoor, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { door, find, uploadTime } = control;
  try {
    const path = request.url.split('?', 1)[0] ?? '';
    const match = find(request.method, path);
    const { authorization } = request.headers;
    // What anybody may see is seen without a credential also where callers must have one; a wrong one stays an error.
    const connection = callerOf(request.raw);
    const isOpen = match?.route.access === 'public' && authorization === undefined;
    const { authenticator } = door.services();
    const principal = isOpen ? anonymous : await authenticator.authenticate(authorization, connection);
    if (!match) throw routeNotFound(request.method, path);
    requireAccess(match.route, principal);
    const exchange = { door, request, reply, route: match.route, params: match.params, principal };
    await (match.route.takes === 'stream' ? answerUpload(exchange, uploadTime) : answer(exchange));
  } catch (thrown) {
    sendFailure(reply, plainWire, thrown, door.options.logger);
  }
}

interface ControlExchange {
  readonly door: Door;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly route: ControlRoute;
  readonly params: Readonly<Record<string, string>>;
  readonly principal: Principal;
}

async function answer(exchange: ControlExchange): Promise<void> {
  const { door, request, reply, route, params, principal } = exchange;
  const call = door.openCalls.open(reply.raw);
  const body = parseJsonBody(request.body, request.headers['content-type']);
  const response = await route.handle({ params, query: readQuery(request), body, principal, signal: call.signal });
  if ('events' in response) return answerEvents(response.events, exchange, call);
  answerJson(reply, response);
}

async function answerUpload(exchange: ControlExchange, uploadTime: UploadTime): Promise<void> {
  const { door, request, reply, route, params, principal } = exchange;
  const { signal } = door.openCalls.open(reply.raw);
  const end = uploadTime.begin();
  try {
    const stream = readUpload(request.body, door.options.clock);
    const query = readQuery(request);
    const response = await route.handle({ params, query, body: undefined, stream, principal, signal });
    if ('body' in response) answerJson(reply, response);
  } finally {
    end();
  }
}

function answerJson(reply: FastifyReply, { status, body }: Extract<ControlResponse, { body: unknown }>): void {
  if (body === undefined) reply.code(status).send();
  else sendText(reply, { status, contentType: contentTypeOf(plainWire), body: JSON.stringify(body) });
}

async function answerEvents(
  events: AsyncIterable<ControlEvent>,
  { reply, principal }: ControlExchange,
  call: OpenCall,
): Promise<void> {
  call.becomeStream(principal.id);
  await sendEventStream({
    raw: reply.raw,
    headers: reply.getHeaders(),
    call,
    values: events,
    begin: () => void reply.hijack(),
    format: formatSseEvent,
    formatFailure: (error) => formatStreamFailure(plainWire, error),
  });
}

/** The query; a reader that comes back with `Last-Event-ID` goes on there, as if it had said `after`. */
function readQuery(request: FastifyRequest): ControlRequest['query'] {
  const query = queryOf(request);
  const lastEventId = headerOf(request, 'last-event-id');
  if (lastEventId !== undefined && !query.has('after')) query.set('after', lastEventId);
  return query;
}

function requireAccess({ access }: ControlRoute, principal: Principal): void {
  if (access === 'public' || principal.kind === 'operator') return;
  if (principal.kind === 'anonymous') {
    throw new ParleyError(
      'UNAUTHENTICATED',
      'This route is for the operator. Send "Authorization: Bearer <token>" with the token from the data folder.',
    );
  }
  throw new ParleyError('PERMISSION_DENIED', `${principal.id} may call agents, but not the operator's routes.`);
}

function routeNotFound(method: string, path: string): ParleyError {
  return new ParleyError(
    'METHOD_NOT_FOUND',
    `There is no route ${method} ${path.slice(0, 128)}. GET /api/v1/openapi.json lists the routes.`,
  );
}
