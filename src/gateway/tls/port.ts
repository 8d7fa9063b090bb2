import type { TlsSource } from '../../security/index.ts';

/** How a listener speaks TLS. */
export interface TlsOptions {
  readonly source: Pick<TlsSource, 'current' | 'follow'>;
  /** Whether a caller without a certificate is let in, where callers' certificates are looked at. */
  readonly clientCertificates: 'ask' | 'require';
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** False: gRPC stays plain text on loopback, for a proxy in front of it. */
  readonly grpc: boolean;
}

/** What is spoken inside of TLS. */
export type InnerProtocol = 'http/1.1' | 'h2';
