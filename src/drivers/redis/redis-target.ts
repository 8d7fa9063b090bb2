import { ParleyError } from '../../base/index.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** Where a URL points to. */
export interface RedisTarget {
  readonly kind: 'single' | 'cluster' | 'sentinel';
  readonly addresses: readonly RedisAddress[];
  readonly tls: boolean;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Always 0 in a cluster. */
  readonly database: number;
  /** The name of the master, for sentinels. */
  readonly master?: string | undefined;
}

const pattern =
  /^(?<scheme>rediss?)(?:\+(?<kind>cluster|sentinel))?:\/\/(?:(?<credentials>[^@/]*)@)?(?<hosts>[^/?#]+)(?<path>\/[^?#]*)?$/;
const defaultPorts = { single: 6379, cluster: 6379, sentinel: 26_379 } as const;

/**
 * Reads `redis://host:port/0`, `rediss://…` (TLS), `redis+cluster://h1:p,h2:p,h3:p` (a list of hosts is always a cluster) and
 * `redis+sentinel://h1,h2/master-name/0`, each with `user:password@` in front of the hosts. Throws CONFIG_INVALID, without the
 * text, which may hold a password.
 */
export function parseRedisTarget(url: string): RedisTarget {
  const { scheme, kind: named, credentials, hosts = '', path = '' } = pattern.exec(url)?.groups ?? {};
  if (scheme === undefined) throw invalid('it is not of the form redis://host:port/database');
  const addressTexts = hosts.split(',');
  const kind = (named as 'cluster' | 'sentinel' | undefined) ?? (addressTexts.length > 1 ? 'cluster' : 'single');
  const addresses = addressTexts.map((text) => parseAddress(text, defaultPorts[kind]));
  const segments = path.split('/').filter((segment) => segment !== '');
  const master = kind === 'sentinel' ? segments.shift() : undefined;
  if (kind === 'sentinel' && master === undefined) throw invalid('the name of the master is missing behind the hosts');
  const database = parseDatabase(segments, kind);
  return { kind, addresses, tls: scheme === 'rediss', database, ...(master && { master }), ...parseLogin(credentials) };
}

/** The target as text, without credentials. */
export function formatRedisTarget({ kind, addresses, tls, database, master }: RedisTarget): string {
  const scheme = `${tls ? 'rediss' : 'redis'}${kind === 'single' ? '' : `+${kind}`}`;
  const hosts = addresses.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');
  const name = master === undefined ? '' : `/${master}`;
  return `${scheme}://${hosts}${name}${kind === 'cluster' ? '' : `/${database}`}`;
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const host = match?.groups?.['six'] ?? match?.groups?.['name'];
  const port = Number(match?.groups?.['port'] ?? defaultPort);
  if (host === undefined || port < 1 || port > 65_535) throw invalid('one of its hosts is not of the form host:port');
  return { host, port };
}

function parseLogin(credentials: string | undefined): Pick<RedisTarget, 'username' | 'password'> {
  if (credentials === undefined || credentials === '') return {};
  const colon = credentials.indexOf(':');
  const [username, password] =
    colon < 0 ? ['', credentials] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  try {
    return { ...(username && { username: decodeURIComponent(username) }), password: decodeURIComponent(password) };
  } catch {
    throw invalid('its user or password holds a % that is not an escape');
  }
}

function parseDatabase(segments: readonly string[], kind: RedisTarget['kind']): number {
  const [text = '0', ...rest] = segments;
  if (rest.length > 0 || !/^\d{1,5}$/.test(text)) throw invalid('what stands behind the hosts is no database number');
  if (kind === 'cluster' && text !== '0') throw invalid('a cluster has database 0 alone');
  return Number(text);
}

function invalid(reason: string): ParleyError {
  const forms = 'redis://host:6379/0, redis+cluster://h1:6379,h2:6379 or redis+sentinel://h1:26379/name';
  return new ParleyError('CONFIG_INVALID', `The address of Redis is not valid: ${reason}. Write ${forms}.`);
}
