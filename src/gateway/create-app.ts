import type { Server } from 'node:http';
import fastify, {
  type FastifyHttpOptions,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { ParleyError } from '../base/index.ts';
import { mountA2a } from './a2a/routes.ts';
import { mountControl } from './control-routes.ts';
import type { Door } from './door.ts';
import { mountBodyBudget } from './edge/body-budget.ts';
import { refuseBrokenRequest } from './edge/broken-request.ts';
import { translateFastifyError } from './edge/fastify-error.ts';
import { createOnRequest } from './edge/on-request.ts';
import { sendFailure } from './edge/reply.ts';
import { UploadTime } from './edge/upload-body.ts';
import { plainWire, restWire } from './edge/wire.ts';
import { mountFabric } from './fabric-routes.ts';
import type { ResolvedGatewayOptions } from './options.ts';
import { mountPar } from './par/routes.ts';
import { mountSchemaRegistry } from './schema-registry.ts';
import { isWebSocket } from './surfaces/serve-web-socket.ts';
import type { Surfaces } from './surfaces/surfaces.ts';

/** The listener with every route on it; it reads bodies as bytes and answers errors as JSON, whatever fails. */
export function createApp(door: Door, surfaces: Surfaces): FastifyInstance {
  const { limits, logger } = door.options;
  const app: FastifyInstance = fastify(createServerOptions(door.options));
  app.decorateRequest('correlationId', '');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addHook('onRequest', createOnRequest(door));
  mountBodyBudget(app, limits);
  countRequests(app, door.options);
  app.setErrorHandler((thrown, request, reply) => {
    const wire = request.routeOptions.config.wire ?? plainWire;
    sendFailure(reply, wire, translateFastifyError(thrown, limits.bodyBytes), logger);
  });
  app.setNotFoundHandler((request, reply) => answerNotFound(request, reply, door));
  mountFabric(app, door);
  const uploadTime = new UploadTime(app.server, limits.requestTimeoutMs);
  mountControl(app, door, uploadTime);
  mountPar(app, door, uploadTime);
  mountSchemaRegistry(app, door);
  mountA2a(app, door);
  surfaces.mount(app);
  return app;
}

function createServerOptions({ limits, logger }: ResolvedGatewayOptions): FastifyHttpOptions<Server> {
  return {
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    genReqId: () => '',
    exposeHeadRoutes: false,
    return503OnClosing: false,
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: (error, _request, reply) => {
      reply.header('connection', 'close');
      sendFailure(reply, plainWire, translateFastifyError(error, limits.bodyBytes), logger);
    },
    schemaController: { compilersFactory: { buildValidator: refuseSchemas, buildSerializer: refuseSchemas } },
    routerOptions: { maxParamLength: 512, querystringParser: parseQuery },
    http: {
      maxHeaderSize: limits.headerBytes,
      shouldUpgradeCallback: (request) => isWebSocket(request) && request.url?.startsWith('/agents/') === true,
      headersTimeout: Math.min(limits.requestTimeoutMs, 10_000),
      connectionsCheckingInterval: Math.max(50, Math.min(5_000, limits.requestTimeoutMs / 4)),
    },
  };
}

/** Routes check what they get by themselves: the compilers that come with the library would be 3 MB that nobody uses. */
function refuseSchemas(): never {
  throw new ParleyError('INTERNAL', "A route has a schema of Fastify's; give it one of the described routes' instead.");
}

function countRequests(app: FastifyInstance, { telemetry }: ResolvedGatewayOptions): void {
  if (!telemetry) return;
  app.addHook('onResponse', (request, reply, done) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? 'none', status: `${reply.statusCode}` };
    telemetry.count('parley_http_requests_total', labels);
    const seconds = reply.elapsedTime / 1_000;
    telemetry.observe('parley_http_request_duration_seconds', seconds, { route: labels.route });
    // By the names that PAR's dashboards ask for.
    const { method, route: endpoint, status } = labels;
    telemetry.count('pixell_http_requests_total', { method, endpoint, status });
    telemetry.observe('pixell_http_request_duration_seconds', seconds, { method, endpoint });
    done();
  });
}

function answerNotFound(request: FastifyRequest, reply: FastifyReply, { options }: Door): void {
  const wire = request.url.startsWith('/a2a/') ? restWire : plainWire;
  const message = `There is no route ${request.method} ${request.url.split('?', 1)[0]?.slice(0, 128)}.`;
  sendFailure(reply, wire, new ParleyError('METHOD_NOT_FOUND', message), options.logger);
}

/** The router wants a record; `queryOf` gives routes what it really is. */
function parseQuery(text: string): Record<string, unknown> {
  return new URLSearchParams(text) as unknown as Record<string, unknown>;
}
