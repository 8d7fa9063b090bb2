import type { Agent, Dispatcher } from 'undici';
import { ParleyError } from '../../base/index.ts';
import { createAddressGuard } from './address-policy.ts';
import type { HttpClientOptions } from './http-client-options.ts';
import { toHttpError } from './http-errors.ts';
import { createHttpResponse } from './http-response.ts';
import type { HttpClient, HttpRequest, HttpResponse } from './port.ts';
import { followRedirect } from './redirect.ts';

/** An HTTP client with its own pool of connections, which comes into being with the first request. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const guard = createAddressGuard(options.allow);
  // undici weighs 20 MB: a node that calls nobody does not carry it.
  let agent: Promise<Agent> | undefined;
  const open = async (): Promise<Agent> => (await import('./open-agent.ts')).openAgent(options, guard);
  return {
    async request(request) {
      agent ??= open();
      return follow(await agent, request);
    },
    async close() {
      await (await agent)?.destroy();
    },
  };
}

async function follow(agent: Agent, first: HttpRequest): Promise<HttpResponse> {
  const signal = joinSignals(first);
  let request = first;
  for (let left = first.maxRedirects ?? 0; ; left--) {
    const response = await exchange(agent, request, signal);
    if (first.maxRedirects === undefined || first.maxRedirects === 0) return response;
    const next = followRedirect(request, response.status, response.headers['location']);
    if (next === undefined) return response;
    await response.discard();
    if (left <= 0) throw new ParleyError('UNREACHABLE', `${new URL(first.url).origin} redirects too often.`);
    request = next;
  }
}

async function exchange(agent: Agent, request: HttpRequest, signal: AbortSignal): Promise<HttpResponse> {
  const url = parseUrl(request.url);
  try {
    const answer = await agent.request(toDispatch(request, url, signal));
    const { maxBodyBytes } = request;
    return createHttpResponse({ url, answer, signal, ...(maxBodyBytes !== undefined && { maxBodyBytes }) });
  } catch (thrown) {
    throw toHttpError(thrown, url.origin, signal);
  }
}

function toDispatch(request: HttpRequest, url: URL, signal: AbortSignal): Dispatcher.RequestOptions {
  return {
    origin: url.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: { ...request.headers },
    body: request.body === undefined ? null : (request.body as Dispatcher.RequestOptions['body'] & object),
    signal,
    headersTimeout: request.headTimeoutMs ?? 30_000,
    bodyTimeout: request.idleTimeoutMs ?? 300_000,
  };
}

function joinSignals({ signal, timeoutMs }: HttpRequest): AbortSignal {
  const signals: AbortSignal[] = [];
  if (signal !== undefined) signals.push(signal);
  if (timeoutMs !== undefined) signals.push(AbortSignal.timeout(timeoutMs));
  return AbortSignal.any(signals);
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new ParleyError('INVALID_PARAMS', `"${text}" is not an http address.`);
}
