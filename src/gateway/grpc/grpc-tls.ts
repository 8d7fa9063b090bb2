import { isLoopbackHost } from '../edge/host-name.ts';
import type { ResolvedGatewayOptions } from '../options.ts';
import type { TlsOptions } from '../tls/port.ts';

/** How the gRPC ports speak TLS; undefined: in plain text. */
export function readGrpcTls({ tls }: Pick<ResolvedGatewayOptions, 'tls'>): TlsOptions | undefined {
  return tls?.grpc ? tls : undefined;
}

/** True when the gRPC ports are reached from elsewhere, too. */
export function isGrpcOpen(options: Pick<ResolvedGatewayOptions, 'tls' | 'host'>): boolean {
  return readGrpcTls(options) !== undefined && !isLoopbackHost(options.host);
}
