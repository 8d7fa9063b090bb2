import type { IncomingMessage } from 'node:http';
import { isOfConnection, readConnectionHeader } from './header-names.ts';

/** What a package is told beside the caller's own headers. */
export interface ForwardedFacts {
  /** The signed word on who calls. */
  readonly callerToken: string;
  readonly correlationId: string;
  /** Empty when the package has its port to itself. */
  readonly prefix: string;
  /** How the caller reaches the node: `http` or `https`. */
  readonly scheme: string;
}

/**
 * A request's headers as a package gets them, names and values in turn: without credentials, without those of the connection,
 * without any that only the node may say; and with what the node says.
 */
export function createPackageHeaders(request: IncomingMessage, facts: ForwardedFacts): string[] {
  const { rawHeaders, headers } = request;
  const named = readConnectionHeader(headers.connection);
  const kept: string[] = ['host', headers.host ?? 'localhost'];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = [rawHeaders[index], rawHeaders[index + 1]];
    if (mayReachPackage(name) && !(named.size > 0 && named.has(name.toLowerCase()))) kept.push(name, value);
  }
  kept.push('x-parley-caller', facts.callerToken, 'x-request-id', facts.correlationId);
  kept.push('x-forwarded-for', request.socket.remoteAddress ?? 'unknown', 'x-forwarded-proto', facts.scheme);
  kept.push('x-forwarded-host', headers.host ?? 'localhost');
  if (facts.prefix !== '') kept.push('x-forwarded-prefix', facts.prefix);
  return kept;
}

/** Credentials of the caller, and names under which the node itself speaks. */
const withheld: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'cookie2',
  'deployment-id',
  'expect',
  'forwarded',
  'host',
  'x-correlation-id',
  'x-deployment-id',
  'x-real-ip',
  'x-request-id',
]);

const withheldPrefixes = ['x-parley-', 'parley-', 'x-forwarded-'];

/** By names as they come; callers use few of them, again and again. */
const verdicts = new Map<string, boolean>();
const maxVerdicts = 1_000;
/** Longer names are judged anew each time: nobody fills the memory with them. */
const longestKept = 64;

/** True for a header that a package may see, unless the connection's own header names it. */
export function mayReachPackage(name: string): boolean {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const verdict = judge(name.toLowerCase());
  if (name.length > longestKept) return verdict;
  if (verdicts.size >= maxVerdicts) verdicts.clear();
  verdicts.set(name, verdict);
  return verdict;
}

function judge(name: string): boolean {
  if (isOfConnection(name)) return false;
  // Where headers become variables, as in WSGI, an underscore and a hyphen are the same.
  const plain = name.replaceAll('_', '-');
  return !withheld.has(plain) && !withheldPrefixes.some((prefix) => plain.startsWith(prefix));
}
