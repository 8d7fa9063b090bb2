import type { AddressPolicy } from './address-policy.ts';
import type { HttpClientTls, ResolveHost } from './guarded-connector.ts';

/** What an HTTP client may do. */
export interface HttpClientOptions {
  /** Where it may go; checked against the resolved address of every connection, redirects included. */
  readonly allow: AddressPolicy;
  /** Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** Connections per origin; more requests wait. Default: no bound. */
  readonly maxConnections?: number;
  readonly resolve?: ResolveHost;
  /** Whom it trusts and what it shows; default: the system's authorities, and nothing. */
  readonly tls?: HttpClientTls | undefined;
}
