import type { Socket } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { GrpcService } from './grpc-service.ts';

/** Largest message either way; over it the caller gets RESOURCE_EXHAUSTED. */
const maxMessageBytes = 100 * 1024 * 1024;
/** Calls at once on one connection; more wait at the caller's side. */
const maxStreams = 256;

const options = {
  'grpc.max_receive_message_length': maxMessageBytes,
  'grpc.max_send_message_length': maxMessageBytes,
  'grpc.max_concurrent_streams': maxStreams,
  // Without it a server does not know its connections, and cannot cut them (grpc-js 1.14).
  'grpc.enable_channelz': 1,
};

/** What speaks gRPC on connections that others have accepted. */
export class GrpcCore {
  readonly #server = new Server(options);
  readonly #inject: (socket: Socket) => void;

  constructor(services: readonly GrpcService[]) {
    for (const { definition, methods } of services) this.#server.addService(definition, methods);
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#inject = (socket) => injector.injectConnection(socket);
  }

  /** From here on the connection is this one's. */
  take(socket: Socket): void {
    this.#inject(socket);
  }

  /** Takes no new calls; resolves when those under way have ended, which the signal does to them. */
  async stop(signal: AbortSignal): Promise<void> {
    const force = (): void => this.#server.forceShutdown();
    signal.addEventListener('abort', force, { once: true });
    try {
      await new Promise<void>((resolve) => {
        this.#server.tryShutdown(() => resolve());
        if (signal.aborted) force();
      });
    } finally {
      signal.removeEventListener('abort', force);
    }
  }
}
