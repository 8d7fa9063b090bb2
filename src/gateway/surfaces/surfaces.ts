import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Registry } from '../../registry/index.ts';
import { readCorrelationId } from '../edge/correlation.ts';
import type { OriginGuard } from '../edge/origin-guard.ts';
import type { GatewayServices, ResolvedGatewayOptions } from '../options.ts';
import { sendSurfaceFailure } from './answer.ts';
import { findVisited } from './find-visited.ts';
import { rolesOfAgent } from './format-monitoring.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { createOwnHeaders } from './response-headers.ts';
import { serveSurface } from './serve-surface.ts';
import { refuseWebSocket, serveWebSocket } from './serve-web-socket.ts';
import type { SurfaceDesk } from './surface-desk.ts';
import { type MissingPort, SurfaceListeners } from './surface-listeners.ts';
import type { Visited } from './visit.ts';
import { findWorkerRoute } from './worker-route.ts';

export interface SurfacesOptions {
  readonly options: ResolvedGatewayOptions;
  readonly guard: OriginGuard;
  services(): GatewayServices;
}

/** How long changes of the registry are gathered before the ports follow them. */
const gatherMs = 10;

/** What packages serve beside A2A: below `/agents/{id}` on the front door, and each deployment on a port of its own. */
export class Surfaces {
  readonly #desk: SurfaceDesk;
  readonly #listeners: SurfaceListeners;
  #frontDoor: FastifyInstance | undefined;
  #unwatch: (() => void) | undefined;
  #cancelFollow: (() => void) | undefined;

  constructor({ options, guard, services }: SurfacesOptions) {
    this.#desk = createDesk({ options, guard, services });
    const { host, clock, logger, limits, tls } = options;
    this.#listeners = new SurfaceListeners({
      ...{ host, clock, logger, tls, headerBytes: limits.headerBytes, requestTimeoutMs: limits.requestTimeoutMs },
      serve: (deploymentId, request, response) => this.#servePort(deploymentId, request, response),
      serveUpgrade: (deploymentId, request, socket) => this.#serveUpgrade(request, socket, deploymentId),
    });
  }

  /** Mounts `/agents/{id}` and all below it. */
  mount(app: FastifyInstance): void {
    this.#frontDoor = app;
    app.register(async (scope) => {
      // Before anything is read of the body: it goes through as it comes.
      scope.addHook('onRequest', (request, reply) => {
        reply.hijack();
        void this.#serve(request.raw, reply.raw, undefined);
      });
      const config = { isSurface: true };
      const handler = (): void => {};
      scope.all('/agents/:agent', { config }, handler);
      scope.all('/agents/:agent/*', { config }, handler);
    });
    app.server.on('upgrade', (request, socket, head) => {
      socket.unshift(head);
      this.#serveUpgrade(request, socket, undefined);
    });
  }

  /** Opens and closes the deployments' ports as they come and go. */
  follow(registry: Registry): void {
    this.#unwatch?.();
    this.#unwatch = registry.watch(() => {
      this.#cancelFollow ??= this.#desk.clock.schedule(gatherMs, () => this.#followNow(registry));
    });
    this.#followNow(registry);
  }

  /** Deployments' own ports that could not be had. */
  get missingPorts(): readonly MissingPort[] {
    return this.#listeners.missing;
  }

  /** Takes the answer away from requests that are still under way, and closes web sockets. */
  endExchanges(): void {
    this.#desk.exchanges.endAll();
  }

  /** Closes the ports. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#unwatch?.();
    this.#cancelFollow?.();
    await this.#listeners.stop(signal);
  }

  #followNow(registry: Registry): void {
    this.#cancelFollow = undefined;
    this.#listeners.follow(registry.endpoints());
  }

  #servePort(deploymentId: string, request: IncomingMessage, response: ServerResponse): void {
    if (this.#servesAsWorker(deploymentId, request, response)) return;
    const { telemetry } = this.#desk;
    const startedMs = performance.now();
    response.once('close', () => {
      const labels = { method: request.method ?? '', route: portRoute, status: `${response.statusCode}` };
      telemetry?.count('parley_http_requests_total', labels);
      const seconds = (performance.now() - startedMs) / 1_000;
      telemetry?.observe('parley_http_request_duration_seconds', seconds, { route: portRoute });
    });
    void this.#serve(request, response, deploymentId);
  }

  /** True when the request is for one of PAR's routes of workers: the front door answers it, with all that it looks at. */
  #servesAsWorker(deploymentId: string, request: IncomingMessage, response: ServerResponse): boolean {
    if (request.method !== 'POST') return false;
    try {
      const { registry, marketRoles } = this.#desk.services();
      const endpoint = registry.find(deploymentId);
      // Of an agent with a role in the market it is for monitoring.
      if (rolesOfAgent(endpoint, marketRoles).length > 0) return false;
      const route = findWorkerRoute(request, endpoint);
      if (route === undefined) return false;
      request.url = route;
    } catch {
      return false;
    }
    this.#frontDoor?.routing(request, response);
    return true;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, deploymentId: string | undefined): Promise<void> {
    const correlationId = readCorrelationId(request.headers);
    const prefix = deploymentId === undefined ? '/agents' : '';
    const asked = { request, response, correlationId, ownHeaders: createOwnHeaders(prefix, correlationId, undefined) };
    try {
      const visited = this.#find(request, deploymentId);
      await serveSurface(this.#desk, { ...asked, ...visited });
    } catch (thrown) {
      sendSurfaceFailure(asked, thrown, this.#desk.logger);
    }
  }

  #serveUpgrade(request: IncomingMessage, socket: Duplex, deploymentId: string | undefined): void {
    socket.on('error', () => socket.destroy());
    try {
      const visited = this.#find(request, deploymentId);
      void serveWebSocket(this.#desk, {
        request,
        socket,
        correlationId: readCorrelationId(request.headers),
        ...visited,
      });
    } catch (thrown) {
      refuseWebSocket(socket, thrown);
    }
  }

  #find(request: IncomingMessage, deploymentId: string | undefined): Visited {
    this.#desk.checkHost(request.headers);
    return findVisited(this.#desk.services().registry, request, deploymentId);
  }
}

/** What requests on deployments' own ports are counted as. */
const portRoute = 'deployment port';

function createDesk({ options, guard, services }: SurfacesOptions): SurfaceDesk {
  const { upstream, limits, publicUrl, logger, clock, telemetry } = options;
  return {
    upstream,
    exchanges: new OpenExchanges(limits.streams),
    bodyBytes: limits.surfaceBodyBytes,
    isBehindTls: publicUrl?.startsWith('https:') === true,
    ...{ logger, clock, telemetry, services },
    checkHost: guard.checkHost,
    checkOrigin: guard.checkOrigin,
  };
}
