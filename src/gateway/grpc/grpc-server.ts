import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { ParleyError } from '../../base/index.ts';

/** A service and what answers its methods, by their names in the proto file. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly methods: UntypedServiceImplementation;
}

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

/** One gRPC server on its addresses. Plain text: it is for loopback and Unix sockets alone. */
export class GrpcServer {
  readonly #server: Server;

  constructor(services: readonly GrpcService[]) {
    this.#server = new Server(options);
    for (const { definition, methods } of services) this.#server.addService(definition, methods);
  }

  /** Listens on `127.0.0.1:PORT`, `[::1]:PORT` or `unix:PATH` too; resolves with the port. UNAVAILABLE when that cannot be. */
  listen(address: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (cause, port) => {
        if (cause === null) resolve(port);
        else reject(new ParleyError('UNAVAILABLE', `gRPC cannot listen on ${address}: ${cause.message}`, { cause }));
      });
    });
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
