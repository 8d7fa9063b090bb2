import { ParleyError } from '../../base/index.ts';
import type { HttpRequest } from './port.ts';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const credentials: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);

/**
 * The request that a redirect asks for, or undefined when the answer is none. Another origin gets no credentials; from https
 * to http, or with a body that cannot be sent twice, it is refused (UNREACHABLE).
 */
export function followRedirect(
  request: HttpRequest,
  status: number,
  location: string | undefined,
): HttpRequest | undefined {
  if (!redirects.has(status) || location === undefined) return undefined;
  const from = new URL(request.url);
  const to = URL.parse(location, from.href);
  if (to === null || !/^https?:$/.test(to.protocol)) throw refused(from, 'it is not an http address');
  if (from.protocol === 'https:' && to.protocol === 'http:') throw refused(from, 'it leaves https');
  const headers = to.origin === from.origin ? request.headers : withoutCredentials(request.headers);
  const next = { ...request, url: to.href, ...(headers && { headers }) };
  return keepsMethod(request.method, status) ? keepBody(next, from) : dropBody(next);
}

function keepsMethod(method: string, status: number): boolean {
  return status === 307 || status === 308 || method === 'GET' || method === 'HEAD';
}

function keepBody(request: HttpRequest, from: URL): HttpRequest {
  const streamed = typeof request.body === 'object' && !(request.body instanceof Uint8Array);
  if (streamed) throw refused(from, 'the body was streamed and cannot be sent again');
  return request;
}

function dropBody({ body: _, ...request }: HttpRequest): HttpRequest {
  const headers = Object.entries(request.headers ?? {}).filter(([name]) => !/^content-/i.test(name));
  return { ...request, method: 'GET', headers: Object.fromEntries(headers) };
}

function withoutCredentials(headers: HttpRequest['headers']): HttpRequest['headers'] {
  const kept = Object.entries(headers ?? {}).filter(([name]) => !credentials.has(name.toLowerCase()));
  return Object.fromEntries(kept);
}

function refused(from: URL, reason: string): ParleyError {
  return new ParleyError('UNREACHABLE', `The redirect of ${from.origin} is not followed: ${reason}.`);
}
