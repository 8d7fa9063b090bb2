/** True for names and addresses that only this machine answers to. */
export function isLoopbackHost(name: string): boolean {
  return name === 'localhost' || name === '::1' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name);
}

/** The name in a Host header without its port, in lower case; undefined when it is not a valid one. */
export function parseHostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/.exec(header.toLowerCase());
  return match?.[1];
}

/** True for addresses that mean every address of the machine: to be listened on, not to be called. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '[::]';
}

/** How this machine itself reaches what listens on that host, as it stands in an address. */
export function formatOwnHost(host: string): string {
  if (isWildcard(host)) return host === '0.0.0.0' ? '127.0.0.1' : '[::1]';
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
