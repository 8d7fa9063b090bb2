import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, type Logger, nodeHttp } from '../../base/index.ts';
import type { Endpoint } from '../../registry/index.ts';
import { refuseBrokenRequest } from '../edge/broken-request.ts';
import type { TlsOptions } from '../tls/port.ts';
import { secureHttpServer } from '../tls/secure-http-server.ts';
import type { TlsAcceptor } from '../tls/tls-acceptor.ts';
import { isWebSocket } from './serve-web-socket.ts';

export interface SurfaceListenersOptions {
  readonly host: string;
  readonly headerBytes: number;
  readonly requestTimeoutMs: number;
  readonly tls: TlsOptions | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A request on a port is one to the deployment that has it. */
  serve(deploymentId: string, request: IncomingMessage, response: ServerResponse): void;
  serveUpgrade(deploymentId: string, request: IncomingMessage, socket: Duplex): void;
}

/** A deployment's own port that could not be had. */
export interface MissingPort {
  readonly deploymentId: string;
  readonly port: number;
  readonly reason: string;
}

/** When a port that could not be had is tried again. */
const retryMs = 5_000;
/** How long a connection is kept for the next request, as on the front door. */
const keepAliveTimeout = 72_000;
/** How long what is under way on a port that closes may take. */
const closeGraceMs = 2_000;

/** One listener for each deployment's own port, for as long as the deployment is there. */
export class SurfaceListeners {
  readonly #options: SurfaceListenersOptions;
  readonly #open = new Map<number, Listener>();
  #endpoints: readonly Endpoint[] = [];
  #cancelRetry: (() => void) | undefined;
  #stopped = false;

  constructor(options: SurfaceListenersOptions) {
    this.#options = options;
  }

  /** Opens and closes until the ports are those of these endpoints. */
  follow(endpoints: readonly Endpoint[]): void {
    if (this.#stopped) return;
    this.#endpoints = endpoints;
    const wanted = new Map(
      endpoints.flatMap(({ id, surfaces }) => (surfaces?.ports ? [[surfaces.ports.http, id] as const] : [])),
    );
    for (const [port, listener] of this.#open) if (wanted.get(port) !== listener.deploymentId) this.#close(listener);
    for (const [port, deploymentId] of wanted) if (!this.#open.has(port)) this.#listen(port, deploymentId);
  }

  get missing(): readonly MissingPort[] {
    return [...this.#open.values()].flatMap(({ deploymentId, port, failure }) => {
      return failure === undefined ? [] : [{ deploymentId, port, reason: failure }];
    });
  }

  /** Closes all; what is under way ends first, until the signal aborts. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#stopped = true;
    this.#cancelRetry?.();
    const listeners = [...this.#open.values()];
    const closing = listeners.map((listener) => listener.close());
    const endNow = (): void => {
      for (const listener of listeners) listener.endNow();
    };
    const cancel = this.#options.clock.schedule(closeGraceMs, endNow);
    signal.addEventListener('abort', endNow, { once: true });
    if (signal.aborted) endNow();
    await Promise.all(closing);
    cancel();
    signal.removeEventListener('abort', endNow);
    this.#open.clear();
  }

  #listen(port: number, deploymentId: string): void {
    const listener = new Listener(port, deploymentId, this.#options);
    this.#open.set(port, listener);
    listener.open((reason) => this.#failed(listener, reason));
  }

  #failed({ deploymentId, port }: Listener, reason: string): void {
    this.#options.logger.warn('a port of a deployment cannot be listened on; it is tried again', {
      deployment: deploymentId,
      port,
      reason,
    });
    this.#cancelRetry ??= this.#options.clock.schedule(retryMs, () => this.#retry());
  }

  #retry(): void {
    this.#cancelRetry = undefined;
    for (const [port, listener] of this.#open) if (listener.failure !== undefined) this.#open.delete(port);
    this.follow(this.#endpoints);
  }

  #close(listener: Listener): void {
    this.#open.delete(listener.port);
    const cancel = this.#options.clock.schedule(closeGraceMs, () => listener.endNow());
    void listener.close().then(cancel);
  }
}

class Listener {
  readonly port: number;
  readonly deploymentId: string;
  readonly #host: string;
  readonly #server: Server;
  readonly #tls: TlsAcceptor | undefined;
  #failure: string | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(port: number, deploymentId: string, options: SurfaceListenersOptions) {
    this.port = port;
    this.deploymentId = deploymentId;
    this.#host = options.host.replace(/^\[|\]$/g, '');
    const { headerBytes: maxHeaderSize, requestTimeoutMs: requestTimeout } = options;
    const headersTimeout = Math.min(requestTimeout, 10_000);
    this.#server = nodeHttp.createServer({
      maxHeaderSize,
      requestTimeout,
      headersTimeout,
      keepAliveTimeout,
      shouldUpgradeCallback: isWebSocket,
    });
    this.#server.on('request', (request, response) => options.serve(deploymentId, request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      socket.unshift(head);
      options.serveUpgrade(deploymentId, request, socket);
    });
    this.#server.on('clientError', refuseBrokenRequest);
    this.#tls = options.tls && secureHttpServer(this.#server, options.tls, options.clock);
  }

  /** Why the port could not be had. */
  get failure(): string | undefined {
    return this.#failure;
  }

  open(failed: (reason: string) => void): void {
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error.code ?? error.message;
      failed(this.#failure);
    });
    this.#settled = new Promise((resolve) => {
      this.#server.once('listening', resolve).once('error', () => resolve());
    });
    this.#server.listen(this.port, this.#host);
  }

  async close(): Promise<void> {
    await this.#settled;
    this.#tls?.close();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  endNow(): void {
    this.#server.closeAllConnections();
  }
}
