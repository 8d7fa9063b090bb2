import { once } from 'node:events';
import { type AddressInfo, createServer, type Server as Listener, type ListenOptions, type Socket } from 'node:net';
import { Server, ServerCredentials, type ServiceDefinition, type UntypedServiceImplementation } from '@grpc/grpc-js';

/** A service and what answers its methods, by their names in the proto file. */
export interface GrpcService {
  readonly definition: ServiceDefinition;
  readonly methods: UntypedServiceImplementation;
}

/** The same with its full name, and its file below `proto/`. */
export interface NamedService extends GrpcService {
  readonly file: string;
  readonly name: string;
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
  readonly #inject: (socket: Socket) => void;
  readonly #listeners = new Set<Listener>();

  /** `onConnection`: told of each connection before its first call. */
  constructor(services: readonly GrpcService[], onConnection: (socket: Socket) => void = () => {}) {
    this.#server = new Server(options);
    for (const { definition, methods } of services) this.#server.addService(definition, methods);
    const injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
    this.#inject = (socket) => {
      onConnection(socket);
      injector.injectConnection(socket);
    };
  }

  /** Listens there, too, and says where; undefined for a Unix socket. Rejects with the system's error. */
  async listen(where: ListenOptions): Promise<AddressInfo | undefined> {
    const listener = createServer(this.#inject);
    listener.listen(where);
    await once(listener, 'listening');
    this.#listeners.add(listener);
    const address = listener.address();
    return typeof address === 'string' ? undefined : (address ?? undefined);
  }

  /** Takes no new calls; resolves when those under way have ended, which the signal does to them. */
  async stop(signal: AbortSignal): Promise<void> {
    for (const listener of this.#listeners) listener.close();
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
