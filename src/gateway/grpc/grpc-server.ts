import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as Listener, type ListenOptions, type Socket } from 'node:net';
import type { GrpcCore } from './grpc-core.ts';
import type { GrpcService } from './grpc-service.ts';

export interface GrpcServerOptions {
  /** Makes the services, when the first connection comes. */
  readonly load: () => Promise<readonly GrpcService[]>;
  /** Told of each connection before its first call. */
  readonly onConnection?: (socket: Socket) => void;
}

/**
 * One gRPC server on its addresses. Plain text: it is for loopback and Unix sockets alone. gRPC and its services weigh 30 MB: a
 * node that nobody calls by it does not carry them.
 */
export class GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #listeners = new Set<Listener>();
  readonly #waiting = new Set<Socket>();
  #core: Promise<GrpcCore> | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
  }

  /** Listens there, too, and says where; undefined for a Unix socket. Rejects with the system's error. */
  async listen(where: ListenOptions): Promise<AddressInfo | undefined> {
    const listener = createServer((socket) => void this.#take(socket));
    listener.listen(where);
    await once(listener, 'listening');
    this.#listeners.add(listener);
    const address = listener.address();
    return typeof address === 'string' ? undefined : (address ?? undefined);
  }

  /** Takes no new calls; resolves when those under way have ended, which the signal does to them. */
  async stop(signal: AbortSignal): Promise<void> {
    for (const listener of this.#listeners) listener.close();
    for (const socket of this.#waiting) socket.destroy();
    const core = await this.#core?.catch(() => undefined);
    await core?.stop(signal);
  }

  async #take(socket: Socket): Promise<void> {
    // Until somebody else listens, a connection that breaks must not end the process.
    socket.on('error', () => {});
    this.#waiting.add(socket);
    try {
      this.#core ??= this.#open();
      const core = await this.#core;
      if (socket.destroyed) return;
      this.#options.onConnection?.(socket);
      core.take(socket);
    } catch {
      this.#core = undefined;
      socket.destroy();
    } finally {
      this.#waiting.delete(socket);
    }
  }

  async #open(): Promise<GrpcCore> {
    const [{ GrpcCore: Core }, services] = await Promise.all([import('./grpc-core.ts'), this.#options.load()]);
    return new Core(services);
  }
}
