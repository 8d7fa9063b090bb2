import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as Listener, type ListenOptions, type Socket } from 'node:net';
import type { Clock, Telemetry } from '../../base/index.ts';
import { readCallAddress } from '../grpc-routing/call-address.ts';
import type { CallRouter } from '../grpc-routing/call-router.ts';
import type { IncomingCall } from '../grpc-routing/routing-desk.ts';
import type { TlsOptions } from '../tls/port.ts';
import { TlsAcceptor } from '../tls/tls-acceptor.ts';
import { countCall } from './count-call.ts';
import type { GrpcService } from './grpc-service.ts';
import type { GrpcSessions, OnCall } from './grpc-sessions.ts';
import { ownServices, pythonAgentName } from './own-services.ts';

export interface GrpcServerOptions {
  /** Makes the services, when the first call of one of them comes. */
  readonly load: () => Promise<readonly GrpcService[]>;
  /** Asked first: calls of packages' own services are its. Made with the first connection. */
  readonly loadRouter?: (() => Promise<CallRouter>) | undefined;
  /** Told of each connection before its first call. */
  readonly onConnection?: (socket: Socket) => void;
  /** Undefined: plain text, for loopback and Unix sockets alone. */
  readonly tls?: TlsOptions | undefined;
  readonly clock: Clock;
  readonly telemetry?: Telemetry | undefined;
}

interface OpenServer {
  readonly sessions: GrpcSessions;
  readonly router: CallRouter | undefined;
}

/**
 * One gRPC server on its addresses. gRPC and its services weigh 30 MB: a node that nobody calls by it does not carry them, nor one
 * that only passes calls on.
 */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #listeners = new Set<Listener>();
  readonly #waiting = new Set<Socket>();
  readonly #tls: TlsAcceptor | undefined;
  #open: Promise<OpenServer> | undefined;
  #core: Promise<OnCall> | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    const { tls, clock } = options;
    this.#tls = tls && new TlsAcceptor({ tls, clock, protocol: 'h2', take: (socket) => void this.#take(socket) });
  }

  /** Listens there, too, and says where; undefined for a Unix socket. Rejects with the system's error. */
  async listen(where: ListenOptions): Promise<AddressInfo | undefined> {
    const listener = createServer((socket) => {
      if (this.#tls === undefined || 'path' in where) void this.#take(socket);
      else this.#tls.accept(socket);
    });
    listener.listen(where);
    await once(listener, 'listening');
    this.#listeners.add(listener);
    const address = listener.address();
    return typeof address === 'string' ? undefined : (address ?? undefined);
  }

  /** Takes no new calls; resolves when those under way have ended, which the signal does to them. */
  async stop(signal: AbortSignal): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    this.#tls?.close();
    for (const socket of this.#waiting) socket.destroy();
    const open = await this.#open?.catch(() => undefined);
    const { clock } = this.#options;
    await open?.sessions.stop(signal, { clock, beforeCut: async () => open.router?.endAll() });
  }

  async #take(socket: Socket): Promise<void> {
    // Until somebody else listens, a connection that breaks must not end the process.
    socket.on('error', () => {});
    this.#waiting.add(socket);
    try {
      this.#open ??= this.#load();
      const { sessions } = await this.#open;
      if (socket.destroyed) return;
      this.#options.onConnection?.(socket);
      sessions.take(socket);
    } catch {
      this.#open = undefined;
      socket.destroy();
    } finally {
      this.#waiting.delete(socket);
    }
  }

  async #load(): Promise<OpenServer> {
    const { loadRouter, telemetry } = this.#options;
    const [{ GrpcSessions: Sessions }, router] = await Promise.all([import('./grpc-sessions.ts'), loadRouter?.()]);
    const sessions = new Sessions((call) => {
      const isPassed = router?.take(call) === true;
      if (telemetry) countCall(call.stream, isPassed ? 'package' : nameOwn(call), telemetry);
      if (!isPassed) void this.#serve(call);
    });
    return { sessions, router };
  }

  async #serve({ stream, headers }: IncomingCall): Promise<void> {
    try {
      this.#core ??= this.#loadCore();
      const serve = await this.#core;
      if (!stream.destroyed) serve(stream, headers);
    } catch {
      this.#core = undefined;
      stream.close(refusedStream);
    }
  }

  async #loadCore(): Promise<OnCall> {
    const [{ createGrpcCore }, services] = await Promise.all([import('./grpc-core.ts'), this.#options.load()]);
    return createGrpcCore(services);
  }
}

/** What a caller says that is no service of ours is not counted by its name. */
function nameOwn({ headers }: IncomingCall): string {
  const { service } = readCallAddress(headers);
  return ownServices.has(service) || service === pythonAgentName ? service : 'none';
}

/** HTTP/2's word for a call that nobody has looked at. */
const refusedStream = 7;
