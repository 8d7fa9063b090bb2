import { schemeOf } from '../edge/scheme.ts';
import { isOfConnection, readConnectionHeader } from './header-names.ts';
import type { UpstreamHeaders } from './upstream.ts';
import { isOnFrontDoor, type Visit } from './visit.ts';

/** What every answer below the front door says: its pages have no part in the origin that they share. */
const sandbox: readonly string[] = ['content-security-policy', 'sandbox allow-scripts allow-forms'];

/** The headers that the node adds to an answer. `origin`: a foreign page that may read it. */
export function createOwnHeaders(prefix: string, correlationId: string, origin: string | undefined): readonly string[] {
  const headers = ['x-request-id', correlationId];
  if (prefix !== '') headers.push(...sandbox);
  if (origin !== undefined) headers.push('access-control-allow-origin', origin, 'vary', 'Origin');
  return headers;
}

/**
 * The headers of a package's answer as its caller gets them, names and values in turn: without those of the connection, and below
 * the front door without those that would speak for the whole origin.
 */
export function createAnswerHeaders(visit: AnswerVisit, headers: UpstreamHeaders): string[] {
  const answer = [...visit.ownHeaders];
  const named = readConnectionHeader(headers['connection']);
  const isShared = isOnFrontDoor(visit);
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined || isOfConnection(name, named) || (isShared && ofTheOrigin.has(name))) continue;
    if (name === 'x-request-id' || (name === 'access-control-allow-origin' && answer.includes(name))) continue;
    if (name === 'location') answer.push(name, toOuterLocation(String(value), visit));
    else for (const each of typeof value === 'string' ? [value] : value) answer.push(name, each);
  }
  return answer;
}

type AnswerVisit = Pick<Visit, 'prefix' | 'ownHeaders' | 'request'>;

/** They hold for all that the origin serves, not for the answer alone. */
const ofTheOrigin: ReadonlySet<string> = new Set([
  'alt-svc',
  'clear-site-data',
  'nel',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'set-cookie2',
  'strict-transport-security',
  'www-authenticate',
]);

/** A package that does not know its prefix redirects to a path of its own: the caller needs the whole one. */
function toOuterLocation(location: string, { prefix, request }: Pick<Visit, 'prefix' | 'request'>): string {
  const origin = `${schemeOf(request)}://${request.headers.host}`;
  const path = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location;
  const isPath = path.startsWith('/') && !path.startsWith('//');
  if (!isPath || prefix === '' || path === prefix || path.startsWith(`${prefix}/`)) return location;
  return prefix + path;
}
