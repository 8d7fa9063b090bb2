import { ParleyError } from '../../base/index.ts';

export interface KafkaAddress {
  readonly host: string;
  readonly port: number;
}

/** How a user proves who it is. */
export interface KafkaLogin {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: string;
}

export type KafkaCompression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Where a URL points to, and how one talks there. */
export interface KafkaTarget {
  readonly addresses: readonly KafkaAddress[];
  readonly tls: boolean;
  /** A PEM file with the authorities that are believed, instead of the system's. */
  readonly caFile?: string | undefined;
  readonly login?: KafkaLogin | undefined;
  readonly compression: KafkaCompression;
}

const pattern = /^(?<scheme>kafkas?):\/\/(?:(?<credentials>[^@/]*)@)?(?<hosts>[^/?#]+)\/?(?:\?(?<query>[^#]*))?$/;
const defaultPort = 9092;
const mechanisms: Readonly<Record<string, KafkaLogin['mechanism']>> = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
};
const compressions: readonly string[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] satisfies KafkaCompression[];
const parameters: readonly string[] = ['mechanism', 'compression', 'caFile'];

/**
 * Reads `kafka://h1:9092,h2:9092` and `kafkas://…` (TLS), with `user:password@` in front of the hosts (SASL), and behind them
 * `?mechanism=scram-sha-512|scram-sha-256|plain&compression=none|gzip|snappy|lz4|zstd&caFile=/path.pem`. Throws CONFIG_INVALID,
 * without the text, which may hold a password.
 */
export function parseKafkaTarget(url: string): KafkaTarget {
  const { scheme, credentials, hosts = '', query } = pattern.exec(url)?.groups ?? {};
  if (scheme === undefined) throw invalid('it is not of the form kafka://host:port,host:port');
  const options = parseQuery(query);
  const tls = scheme === 'kafkas';
  const caFile = options.get('caFile') ?? undefined;
  if (caFile !== undefined && !tls) throw invalid('caFile is for kafkas:// (TLS)');
  const login = parseLogin(credentials, options.get('mechanism'), tls);
  const compression = options.get('compression') ?? 'none';
  if (!isCompression(compression)) throw invalid(`its compression is none of ${compressions.join(', ')}`);
  return { addresses: hosts.split(',').map(parseAddress), tls, caFile, login, compression };
}

/** The target as text, without credentials. */
export function formatKafkaTarget({ addresses, tls }: KafkaTarget): string {
  const hosts = addresses.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`);
  return `${tls ? 'kafkas' : 'kafka'}://${hosts.join(',')}`;
}

function parseQuery(query: string = ''): URLSearchParams {
  const options = new URLSearchParams(query);
  const unknown = [...options.keys()].find((name) => !parameters.includes(name));
  if (unknown !== undefined) throw invalid(`behind the "?" there may be ${parameters.join(', ')}, and nothing else`);
  return options;
}

function parseAddress(text: string): KafkaAddress {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<name>[^:[\]\s]+))(?::(?<port>\d{1,5}))?$/.exec(text);
  const host = match?.groups?.['six'] ?? match?.groups?.['name'];
  const port = Number(match?.groups?.['port'] ?? defaultPort);
  if (host === undefined || port < 1 || port > 65_535) throw invalid('one of its hosts is not of the form host:port');
  return { host, port };
}

function parseLogin(credentials: string | undefined, named: string | null, tls: boolean): KafkaLogin | undefined {
  if (credentials === undefined || credentials === '') return undefined;
  const mechanism = mechanisms[named ?? 'scram-sha-512'];
  if (mechanism === undefined) throw invalid(`its mechanism is none of ${Object.keys(mechanisms).join(', ')}`);
  if (mechanism === 'PLAIN' && !tls)
    throw invalid('mechanism=plain would send the password in the clear: use kafkas://');
  const colon = credentials.indexOf(':');
  if (colon < 1) throw invalid('in front of the @ there must be user:password');
  try {
    const [username, password] = [credentials.slice(0, colon), credentials.slice(colon + 1)].map(decodeURIComponent);
    return { mechanism, username: username ?? '', password: password ?? '' };
  } catch {
    throw invalid('its user or password holds a % that is not an escape');
  }
}

function isCompression(text: string): text is KafkaCompression {
  return compressions.includes(text);
}

function invalid(reason: string): ParleyError {
  const forms = 'kafka://h1:9092,h2:9092 or kafkas://user:password@host:9093?mechanism=scram-sha-512';
  return new ParleyError('CONFIG_INVALID', `The address of Kafka is not valid: ${reason}. Write ${forms}.`);
}
