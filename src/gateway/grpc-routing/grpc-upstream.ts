import type { ClientHttp2Stream } from 'node:http2';

/**
 * The way to the workers' own gRPC servers, one shared HTTP/2 session for each. Guarantees: flow control goes through; `request` throws
 * INVALID_PARAMS for headers that HTTP/2 forbids; what goes wrong later is the stream's `error`, and `close` comes in any case. Who made it closes it.
 */
export interface GrpcUpstream {
  request(socketPath: string, headers: readonly string[]): ClientHttp2Stream;
}
