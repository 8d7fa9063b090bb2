import { createRequire } from 'node:module';
import { join } from 'node:path';

/** @typedef {{ addService(definition: Record<string, any>, methods: Record<string, any>): void }} ServiceHolder */

const maxMessageBytes = 100 * 1024 * 1024;
/** The node answers it itself, from the actions. */
const actionService = 'pixell.agent.AgentService';

/** The package's own gRPC services on a Unix socket that the node named. `@grpc/grpc-js` comes from the package's dependencies. */
export class GrpcSurface {
  #grpc;
  #server;
  /** Full names. @type {Set<string>} */
  #services = new Set();
  /** Serialized FileDescriptorProtos in base64. @type {Set<string>} */
  #descriptors = new Set();

  /** @param {string} folder the package's */
  constructor(folder) {
    this.#grpc = requireGrpc(folder);
    this.#server = new this.#grpc.Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
    });
    const addService = this.#server.addService.bind(this.#server);
    this.#server.addService = (/** @type {any} */ definition, /** @type {any} */ methods) => {
      if (this.#note(definition)) addService(definition, methods);
    };
  }

  /** The server on which services are registered. @returns {ServiceHolder} */
  get server() {
    return this.#server;
  }

  /** For the `ready` frame; undefined when nothing was registered. */
  get facts() {
    if (this.#services.size === 0) return undefined;
    return { services: [...this.#services].sort(), descriptors: [...this.#descriptors] };
  }

  /** Listens. Rejects with an error that says why not. @param {string} path */
  async start(path) {
    const credentials = this.#grpc.ServerCredentials.createInsecure();
    await new Promise((resolve, reject) => {
      this.#server.bindAsync(`unix:${path}`, credentials, (/** @type {Error | null} */ error) => {
        if (error === null) resolve(undefined);
        else reject(new Error(`the gRPC services cannot be served: ${error.message}`, { cause: error }));
      });
    });
  }

  /** Takes no new calls; resolves when those in flight have ended. */
  async stop() {
    await new Promise((resolve) => this.#server.tryShutdown(resolve));
  }

  /** @param {Record<string, any>} definition */
  #note(definition) {
    const methods = Object.values(definition);
    const service = methods[0]?.path?.split('/')[1];
    if (service === actionService) return false;
    if (service !== undefined) this.#services.add(service);
    for (const { requestType, responseType } of methods) {
      for (const type of [requestType, responseType]) {
        for (const file of type?.fileDescriptorProtos ?? [])
          this.#descriptors.add(Buffer.from(file).toString('base64'));
      }
    }
    return true;
  }
}

/** @param {string} folder */
function requireGrpc(folder) {
  try {
    return createRequire(join(folder, 'package.json'))('@grpc/grpc-js');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    const message = `the package has gRPC services, and "@grpc/grpc-js" cannot be loaded: ${why}`;
    throw new Error(`${message}. Name it in the dependencies of package.json and deploy again`, { cause });
  }
}
