import { X509Certificate } from 'node:crypto';
import { type CallerConnection, readCallerCertificate } from '../../security/index.ts';
import type { TlsOptions } from '../tls/port.ts';
import type { GrpcCall } from './methods.ts';

/** What the connection of a call says of its caller, where callers' certificates are looked at; else undefined. */
export function readConnection(
  tls: TlsOptions | undefined,
  call: Pick<GrpcCall, 'peerCertificate'>,
): CallerConnection | undefined {
  if (tls?.source.current.clientCa === undefined) return undefined;
  const raw = call.peerCertificate();
  if (raw !== undefined) return { certificate: readCallerCertificate(new X509Certificate(raw)) };
  return { isInner: tls.clientCertificates === 'require' };
}
