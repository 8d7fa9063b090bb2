import type { AddressInfo } from 'node:net';
import { isSystemError } from '../../base/index.ts';
import { formatOwnHost, isLoopbackHost } from '../edge/host-name.ts';
import { createRouterLoader } from '../grpc-routing/load-router.ts';
import type { ResolvedGatewayOptions } from '../options.ts';
import type { GrpcDoor } from './grpc-door.ts';
import { GrpcServer } from './grpc-server.ts';
import { readGrpcTls } from './grpc-tls.ts';
import { nodeStops } from './node-stops.ts';

export type FrontListenerOptions = Pick<
  ResolvedGatewayOptions,
  'clock' | 'logger' | 'telemetry' | 'host' | 'tls' | 'grpcUpstream'
> &
  Pick<GrpcDoor, 'services' | 'streams' | 'httpUrl'> & {
    /** 0: any free port. */
    readonly port: number;
  };

const retryMs = 5_000;
/** For calls under way when the node stops. */
const closeGraceMs = 2_000;

/**
 * The node's gRPC port. When another program has it, the node works without: the log and `parley status` say so, and it is
 * tried again.
 */
export class FrontListener {
  readonly #options: FrontListenerOptions;
  readonly #server: GrpcServer;
  readonly #stopping = new AbortController();
  #address: AddressInfo | undefined;
  #failure: string | undefined;
  #cancelRetry: (() => void) | undefined;

  constructor(options: FrontListenerOptions) {
    this.#options = options;
    const grpcAddress = (): string | undefined => this.address;
    const door = { ...options, options, deploymentId: undefined, stopping: this.#stopping.signal, grpcAddress };
    const load = async () => (await import('./create-services.ts')).createServices(door);
    const { grpcUpstream: upstream } = options;
    const loadRouter = createRouterLoader({ ...options, upstream, deploymentId: undefined });
    const { clock, telemetry } = options;
    this.#server = new GrpcServer({ load, loadRouter, tls: readGrpcTls(options), clock, telemetry });
  }

  /** `host:port`; undefined while it does not listen. */
  get address(): string | undefined {
    if (this.#address === undefined) return undefined;
    const { address, port } = this.#address;
    return `${formatOwnHost(address)}:${port}`;
  }

  /** Why the port could not be had. */
  get failure(): string | undefined {
    return this.#failure;
  }

  async start(): Promise<void> {
    const { port, logger, clock, host } = this.#options;
    try {
      // In plain text a front door that is reached from elsewhere has no gRPC there; a proxy on this machine does that.
      const own = isLoopbackHost(host) || readGrpcTls(this.#options) !== undefined ? host : '127.0.0.1';
      this.#address = await this.#server.listen({ host: own.replace(/^\[|\]$/g, ''), port });
      this.#failure = undefined;
    } catch (thrown) {
      if (!isSystemError(thrown, 'EADDRINUSE') && !isSystemError(thrown, 'EACCES')) throw thrown;
      const reason = (thrown as NodeJS.ErrnoException).code ?? '';
      if (this.#failure === undefined) {
        logger.warn('The gRPC port cannot be listened on; it is tried again. Set grpc.port to another one.', {
          port,
          reason,
        });
      }
      this.#failure = reason;
      this.#cancelRetry = clock.schedule(retryMs, () => void this.start());
    }
  }

  /** Takes no new calls; resolves when those under way have ended, soon when the signal aborts. */
  async stop(signal: AbortSignal): Promise<void> {
    this.#cancelRetry?.();
    this.#stopping.abort(nodeStops());
    const grace = new AbortController();
    const cancel = this.#options.clock.schedule(closeGraceMs, () => grace.abort());
    await this.#server.stop(AbortSignal.any([signal, grace.signal]));
    cancel();
  }
}
