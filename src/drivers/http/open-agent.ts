import { Agent } from 'undici';
import type { AddressGuard } from './address-policy.ts';
import { createGuardedConnector, resolveHost } from './guarded-connector.ts';
import type { HttpClientOptions } from './http-client-options.ts';

/** A pool of connections that go only where the guard lets them. */
export function openAgent(options: HttpClientOptions, guard: AddressGuard): Agent {
  const connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
  const { resolve = resolveHost, tls } = options;
  const connect = createGuardedConnector({ guard, resolve, connectTimeoutMs, tls });
  return new Agent({ connect, connections: options.maxConnections ?? null, allowH2: false });
}
