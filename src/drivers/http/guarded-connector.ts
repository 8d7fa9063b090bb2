import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { ParleyError } from '../../base/index.ts';
import { type AddressGuard, refusedAddress } from './address-policy.ts';

/** One address that a name stands for. */
export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

/** Name resolution as a port, so that a test can let a name change its mind. */
export type ResolveHost = (hostname: string) => Promise<readonly ResolvedAddress[]>;

/** The system's resolver. */
export const resolveHost: ResolveHost = (hostname) => lookup(hostname, { all: true });

/** PEM texts. */
export interface HttpClientTls {
  /** Authorities that count, and no others. */
  readonly ca?: string | undefined;
  /** With `key`: what the client shows of itself. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface GuardedConnectorOptions {
  readonly guard: AddressGuard;
  readonly resolve: ResolveHost;
  readonly connectTimeoutMs: number;
  readonly tls?: HttpClientTls | undefined;
}

/**
 * Opens sockets only to where the guard lets them go. The addresses that were checked are the addresses that are connected to,
 * so a name that resolves differently a moment later changes nothing.
 */
export function createGuardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { guard, resolve, connectTimeoutMs, tls } = options;
  const common = { timeout: connectTimeoutMs, allowH2: false, ...tls };
  const trusted = buildConnector(common);
  const checked = buildConnector({ ...common, lookup: createCheckedLookup(guard, resolve) });
  return (target, callback) => {
    try {
      const origin = new URL(`${target.protocol}//${target.host ?? target.hostname}`).origin;
      const trust = guard.classify(origin);
      if (trust === 'checked') checkLiteral(guard, target.hostname);
      (trust === 'trusted' ? trusted : checked)(target, callback);
    } catch (thrown) {
      callback(ParleyError.from(thrown), null);
    }
  };
}

// An address needs no lookup, so the lookup below never sees it.
function checkLiteral(guard: AddressGuard, hostname: string): void {
  const address = hostname.replace(/^\[|\]$/g, '');
  if (isIP(address) !== 0 && !guard.permits(address)) throw closedAddress(address);
}

function createCheckedLookup(guard: AddressGuard, resolve: ResolveHost): LookupFunction {
  return (hostname, options, callback) => {
    void resolve(hostname).then(
      (addresses) => {
        const open = addresses.filter(({ address }) => guard.permits(address));
        const [first] = open;
        if (first === undefined) callback(closedAddress(hostname), '');
        else if (options.all) callback(null, [...open]);
        else callback(null, first.address, first.family);
      },
      (thrown) => callback(thrown, ''),
    );
  };
}

function closedAddress(target: string): ParleyError {
  return refusedAddress(target, 'it is a private, loopback, link-local or reserved address');
}
