import type { IncomingHttpHeaders } from 'node:http';
import { ParleyError } from '../../base/index.ts';
import { isLoopbackHost, parseHostName } from './host-name.ts';

export interface OriginGuardOptions {
  readonly hostNames: readonly string[];
  readonly allowedOrigins: readonly string[];
}

/** Refuses requests that a foreign web page may have caused. Throws FORBIDDEN_ORIGIN. */
export interface OriginGuard {
  /** Refuses a Host that is not ours (DNS rebinding). */
  checkHost(headers: IncomingHttpHeaders): void;
  /** Refuses an Origin that is neither our own nor allowed, and a cross-site fetch. Answers the allowed foreign origin, when there is one. */
  checkOrigin(headers: IncomingHttpHeaders): string | undefined;
}

/** A guard over the configured names; loopback names are always allowed, with any port, because ports get forwarded. */
export function createOriginGuard(options: OriginGuardOptions): OriginGuard {
  const names = new Set(options.hostNames.map((name) => name.toLowerCase()));
  const origins = new Set(options.allowedOrigins);
  return {
    checkHost({ host }) {
      const name = host === undefined ? undefined : parseHostName(host);
      if (name === undefined || !(isLoopbackHost(name) || names.has(name))) throw foreignHost(host);
    },
    checkOrigin(headers) {
      const { host, origin } = headers;
      if (origin !== undefined && origins.has(origin)) return origin;
      if (origin !== undefined && !isOwnOrigin(origin, host)) throw foreignOrigin(origin);
      if (headers['sec-fetch-site'] === 'cross-site') throw foreignOrigin('another site');
      return undefined;
    },
  };
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function foreignHost(host: string | undefined): ParleyError {
  const message = `The Host header names "${host ?? ''}", which is not a name of this node. Call it as localhost, or add it to the setting hostNames.`;
  return new ParleyError('FORBIDDEN_ORIGIN', message, { details: { host: host ?? null } });
}

function foreignOrigin(origin: string): ParleyError {
  const message = `Requests from ${origin} are refused. Add the page's origin to the setting allowedOrigins to let it in.`;
  return new ParleyError('FORBIDDEN_ORIGIN', message, { details: { origin } });
}
