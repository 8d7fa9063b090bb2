import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { type Component, ParleyError, sleep } from '../base/index.ts';
import { createApp } from './create-app.ts';
import { formatOwnHost } from './edge/host-name.ts';
import { OpenCalls } from './edge/open-calls.ts';
import { createOriginGuard } from './edge/origin-guard.ts';
import { createStreamLimit } from './edge/stream-limit.ts';
import { DeploymentListeners } from './grpc/deployment-listeners.ts';
import { FrontListener } from './grpc/front-listener.ts';
import {
  type GatewayOptions,
  type GatewayServices,
  type ResolvedGatewayOptions,
  resolveGatewayOptions,
} from './options.ts';
import type { MissingPort } from './surfaces/surface-listeners.ts';
import { Surfaces } from './surfaces/surfaces.ts';
import { secureHttpServer } from './tls/secure-http-server.ts';
import type { TlsAcceptor } from './tls/tls-acceptor.ts';

/** The front door: one HTTP listener for every agent, the operator's API and health. */
export interface Gateway extends Component {
  /** Where this machine reaches it, with the real port; '' before `start`. */
  readonly url: string;
  /** The same in plain text, which workers and the command line on this machine speak whether there is TLS or not. */
  readonly innerUrl: string;
  /** `host:port` of gRPC; undefined while there is none. */
  readonly grpcAddress: string | undefined;
  /** Deployments' own ports and the node's own of gRPC that could not be had; each is tried again. */
  readonly missingPorts: readonly MissingPort[];
  /** Opens the door: until then `/health` answers, and everything else is 503 with Retry-After. */
  admit(services: GatewayServices): void;
  /**
   * Takes no new connections and ends each after its next answer, so that callers go to another node; resolves when none is left,
   * after some seconds, or when the signal aborts. Requests are answered as ever.
   */
  leave(signal: AbortSignal): Promise<void>;
  /** Back to 503 for new requests, while those under way go on. `stop` begins with it. */
  refuse(): void;
}

/** A gateway that is not listening yet. CONFIG_INVALID when it is told to listen on anything but loopback and callers have no identity. */
export function createGateway(options: GatewayOptions): Gateway {
  return new HttpGateway(resolveGatewayOptions(options));
}

/** How often connections that fell idle are closed while the gateway stops. */
const sweepIntervalMs = 50;
/** How long calls under way may still be answered; what they wait for is journalled and goes on without them. */
const callGraceMs = 2_000;
/** How long connections may still bring requests when the node leaves others that can take them. */
const leaveGraceMs = 5_000;

class HttpGateway implements Gateway {
  readonly name = 'gateway';
  readonly #options: ResolvedGatewayOptions;
  readonly #openCalls: OpenCalls;
  readonly #surfaces: Surfaces;
  readonly #grpc: DeploymentListeners;
  readonly #grpcFront: FrontListener | undefined;
  readonly #app: FastifyInstance;
  readonly #sockets = new Set<Socket>();
  readonly #tls: TlsAcceptor | undefined;
  #services: GatewayServices | undefined;
  #stopHeartbeat: (() => void) | undefined;
  #url = '';
  #innerUrl = '';

  constructor(options: ResolvedGatewayOptions) {
    this.#options = options;
    const streams = createStreamLimit(options.limits);
    this.#openCalls = new OpenCalls(streams);
    const services = (): GatewayServices => this.#admitted();
    const guard = createOriginGuard(options);
    this.#surfaces = new Surfaces({ options, guard, services });
    const httpUrl = (): string => options.publicUrl ?? this.#url;
    this.#grpc = new DeploymentListeners({ ...options, streams, httpUrl });
    const { grpcPort } = options;
    if (grpcPort !== undefined)
      this.#grpcFront = new FrontListener({ ...options, port: grpcPort, services, streams, httpUrl });
    const grpcAddress = (id: string): string | undefined => this.#grpcAddressOf(id);
    this.#app = createApp({ options, openCalls: this.#openCalls, guard, services, grpcAddress }, this.#surfaces);
    this.#app.server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#tls = options.tls && secureHttpServer(this.#app.server, options.tls, options.clock);
  }

  get url(): string {
    return this.#url;
  }

  get innerUrl(): string {
    return this.#innerUrl;
  }

  get grpcAddress(): string | undefined {
    return this.#grpcFront?.address;
  }

  get missingPorts(): readonly MissingPort[] {
    const { grpcPort: port = 0 } = this.#options;
    const reason = this.#grpcFront?.failure;
    const own = reason === undefined ? [] : [{ deploymentId: this.#services?.fabricAgentId ?? '', port, reason }];
    return [...own, ...this.#surfaces.missingPorts];
  }

  admit(services: GatewayServices): void {
    this.#services = services;
    this.#surfaces.follow(services.registry);
    this.#grpc.follow(services);
  }

  refuse(): void {
    this.#services = undefined;
  }

  async start(): Promise<void> {
    const { host, port } = this.#options;
    try {
      await this.#app.listen({ host: host.replace(/^\[|\]$/g, ''), port });
    } catch (thrown) {
      throw cannotListen(host, port, thrown);
    }
    const { port: realPort } = this.#app.server.address() as AddressInfo;
    const authority = `${formatOwnHost(host)}:${realPort}`;
    this.#innerUrl = `http://${authority}`;
    this.#url = this.#tls === undefined ? this.#innerUrl : `https://${authority}`;
    await this.#grpcFront?.start();
    this.#scheduleHeartbeat();
  }

  async leave(signal: AbortSignal): Promise<void> {
    const { server } = this.#app;
    server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
    // As `http.Server` has it, it would cut idle connections on which the next request may be under way.
    NetServer.prototype.close.call(server);
    const endMs = this.#options.clock.now() + leaveGraceMs;
    while (this.#sockets.size > 0 && !signal.aborted && this.#options.clock.now() < endMs) {
      await sleep(this.#options.clock, sweepIntervalMs);
    }
  }

  async stop(signal: AbortSignal): Promise<void> {
    this.refuse();
    this.#stopHeartbeat?.();
    this.#openCalls.endStreams();
    this.#tls?.close();
    const sweep = setInterval(() => this.#closeIdle(), sweepIntervalMs);
    const endWaiting = this.#options.clock.schedule(callGraceMs, () => this.#endCalls());
    const endNow = (): void => this.#endNow();
    signal.addEventListener('abort', endNow, { once: true });
    if (signal.aborted) endNow();
    try {
      const parts = [this.#surfaces, this.#grpc, this.#grpcFront];
      await Promise.all([this.#app.close(), ...parts.map((part) => part?.stop(signal))]);
    } finally {
      clearInterval(sweep);
      endWaiting();
      signal.removeEventListener('abort', endNow);
    }
  }

  /** A connection on which nothing was ever asked (browsers open some in advance) does not count as idle for Node. */
  #closeIdle(): void {
    this.#app.server.closeIdleConnections();
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Calls that wait get their 503 in this turn of the event loop, then every connection is cut. */
  #endNow(): void {
    this.#endCalls();
    setImmediate(() => this.#app.server.closeAllConnections());
  }

  #endCalls(): void {
    this.#openCalls.endCalls();
    this.#surfaces.endExchanges();
  }

  /** On the node's own port the fabric's agent answers when a call names none. */
  #grpcAddressOf(id: string): string | undefined {
    const { registry, fabricAgentId } = this.#admitted();
    return id === fabricAgentId ? this.grpcAddress : this.#grpc.addressOf(registry.find(id).id);
  }

  #admitted(): GatewayServices {
    if (this.#services) return this.#services;
    throw new ParleyError('UNAVAILABLE', 'The node is starting or stopping. Try again in a moment.', {
      retryAfterMs: 1_000,
    });
  }

  #scheduleHeartbeat(): void {
    this.#stopHeartbeat = this.#options.clock.schedule(this.#options.limits.heartbeatMs, () => {
      this.#openCalls.beat();
      this.#options.telemetry?.gauge('parley_gateway_streams', this.#openCalls.streams);
      this.#scheduleHeartbeat();
    });
  }
}

function cannotListen(host: string, port: number, cause: unknown): ParleyError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const message = `The front door cannot listen on ${host}:${port} (${reason}). Choose another port, or end the program that has it.`;
  return new ParleyError('CONFIG_INVALID', message, { cause, details: { host, port } });
}
