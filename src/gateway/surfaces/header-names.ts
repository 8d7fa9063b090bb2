/** Of one connection, not of the message (RFC 9110, 7.6.1). */
const connectionNames: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const none: ReadonlySet<string> = new Set();

/** True for headers that end at this connection: `named` are those that its Connection header names. */
export function isOfConnection(name: string, named: ReadonlySet<string> = none): boolean {
  return connectionNames.has(name) || named.has(name);
}

/** The headers that a Connection header makes its own, in lower case. */
export function readConnectionHeader(value: string | readonly string[] | undefined): ReadonlySet<string> {
  if (value === undefined || value === 'keep-alive' || value === 'close') return none;
  const names = (Array.isArray(value) ? value.join(',') : String(value)).split(',');
  return new Set(names.map((name) => name.trim().toLowerCase()));
}
