import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasCode, ParleyError } from '../../base/index.ts';
import type { Control } from '../../control/index.ts';
import type { CallContext } from '../../tasks/index.ts';
import { readCallContext } from '../a2a/call-context.ts';
import type { Door } from '../door.ts';
import { parseJsonBody } from '../edge/json-body.ts';
import { sendFailure, sendText } from '../edge/reply.ts';
import { headerOf, placeOf, queryOf } from '../edge/request.ts';
import type { UploadTime } from '../edge/upload-body.ts';
import { contentTypeOf } from '../edge/wire.ts';
import { callerOf } from '../tls/caller-connections.ts';
import { createCallRoutes } from './call-routes.ts';
import { createDeployRoutes } from './deploy-routes.ts';
import { createPackageRoutes } from './package-routes.ts';
import type { ParRequest, ParRoute } from './par-route.ts';
import { createRuntimeRoutes } from './runtime-routes.ts';
import { createSupervisorRoutes } from './supervisor-routes.ts';
import { readFormFile } from './upload-form.ts';

/** Mounts PAR's routes: what its clients, its control plane and its workers call. Those of the deploy API are below `/runtime`, too. */
export function mountPar(app: FastifyInstance, door: Door, uploadTime: UploadTime): void {
  const { clock, version } = door.options;
  const routes = [
    ...createDeployRoutes(),
    ...createPackageRoutes(),
    ...createRuntimeRoutes({ clock, version }),
    ...createCallRoutes(),
    ...createSupervisorRoutes(clock),
  ];
  void app.register(async (scope) => {
    // A form's file is not gathered in memory: the route that takes one reads it as it comes.
    scope.addContentTypeParser('multipart/form-data', (_request, payload, done) => done(null, payload));
    for (const route of routes) mountRoute(scope, route, { door, uploadTime });
  });
}

interface ParDoor {
  readonly door: Door;
  readonly uploadTime: UploadTime;
}

function mountRoute(scope: FastifyInstance, route: ParRoute, par: ParDoor): void {
  scope.route({
    method: route.method,
    url: route.path,
    config: { wire: route.wire, streamsBody: route.takesForm === true },
    handler: (request, reply) => {
      void serve(route, par, { request, reply });
    },
  });
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function serve(route: ParRoute, par: ParDoor, { request, reply }: Exchange): Promise<void> {
  const { door, uploadTime } = par;
  const end = route.takesForm ? uploadTime.begin() : undefined;
  try {
    const context = await settleCaller(route, door, request);
    const { status, body } = await route.handle(createRequest(route, { door, request, reply, context }));
    sendText(reply, { status, contentType: contentTypeOf(route.wire), body: JSON.stringify(body) });
  } catch (thrown) {
    sendFailure(reply, route.wire, thrown, door.options.logger);
  } finally {
    end?.();
  }
}

/** Who calls, before anything is looked up. PAR's clients tell a missing credential (401) from a wrong one (403). */
async function settleCaller({ access }: ParRoute, door: Door, request: FastifyRequest): Promise<CallContext> {
  const { authenticator } = door.services();
  const { headers, correlationId } = request;
  const connection = callerOf(request.raw);
  if (access === 'anybody') {
    const principal = { kind: 'anonymous', id: 'anonymous' } as const;
    return { principal, trace: { correlationId } };
  }
  try {
    const context = await readCallContext({
      headers,
      connection,
      correlationId,
      authenticator,
      nowMs: door.options.clock.now(),
    });
    if (access === 'operator') requireOperator(context);
    return context;
  } catch (thrown) {
    if (hasCode(thrown, 'UNAUTHENTICATED') && headers.authorization !== undefined) throw wrongCredential(thrown);
    throw thrown;
  }
}

function requireOperator({ principal }: CallContext): void {
  if (principal.kind === 'operator') return;
  if (principal.kind !== 'anonymous') {
    throw new ParleyError('PERMISSION_DENIED', `${principal.id} may call agents, but not the operator's routes.`);
  }
  const advice = 'Send "Authorization: Bearer <secret>" with PAR_RUNTIME_SECRET or the token from the data folder';
  throw new ParleyError('UNAUTHENTICATED', `This route is for the operator. ${advice}.`);
}

function wrongCredential(cause: ParleyError): ParleyError {
  return new ParleyError('PERMISSION_DENIED', cause.message, { cause });
}

interface RequestParts extends Exchange {
  readonly door: Door;
  readonly context: CallContext;
}

function createRequest(route: ParRoute, { door, request, reply, context }: RequestParts): ParRequest {
  return {
    control: requireControl(door),
    calls: door.services().calls,
    context,
    place: (name) => placeOf(request, name),
    query: queryOf(request),
    idempotencyKey: headerOf(request, 'idempotency-key'),
    body: route.takesForm ? undefined : parseJsonBody(request.body, request.headers['content-type']),
    upload: () => readFormFile(request.body, request.headers['content-type'], door.options.clock),
    signal: door.openCalls.open(reply.raw).signal,
  };
}

function requireControl(door: Door): Control {
  const { control } = door.services();
  if (control !== undefined) return control;
  throw new ParleyError('UNSUPPORTED_OPERATION', 'This node takes no orders by HTTP.');
}
