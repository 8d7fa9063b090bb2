import { ParleyError } from '../../base/index.ts';
import {
  createHttpClient,
  type HttpClient,
  type HttpClientTls,
  type HttpRequest,
  type HttpResponse,
} from '../../drivers/http/index.ts';
import { createSseParser, parseWireError, type SseEvent } from '../../protocol/index.ts';

/** A call to the node; `path` begins with a slash. */
export interface NodeCall {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** A file instead of a body of JSON. */
  readonly file?: { readonly chunks: AsyncIterable<Uint8Array>; readonly size: number };
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Until the answer's head; default 30,000, 0 = none. */
  readonly headTimeoutMs?: number;
}

/** The node's HTTP interface with our errors: every refusal comes back as the ParleyError that it was over there. */
export interface NodeConnection {
  json(call: NodeCall): Promise<unknown>;
  /** The events of the stream, once the node has accepted the call. */
  events(call: NodeCall): Promise<AsyncIterable<SseEvent>>;
  close(): Promise<void>;
}

export interface NodeAddress {
  /** Origin of the front door, or a base below it. */
  readonly url: string;
  /** Operator's token; unset: the calls are anonymous. */
  readonly token?: string;
  /** Whom it trusts and what it shows, for an https address. */
  readonly tls?: HttpClientTls | undefined;
  /** Ends every call that is under way. */
  readonly signal?: AbortSignal;
}

/** A connection that goes to the node's own address and nowhere else. Opens nothing before the first call. */
export function createNodeConnection({ url, token, tls, signal }: NodeAddress): NodeConnection {
  const base = parseBase(url);
  const http = createHttpClient({ allow: { kind: 'origins', origins: [base.origin] }, tls });
  const signalOf = (call: NodeCall): AbortSignal | undefined => {
    return signal && call.signal ? AbortSignal.any([signal, call.signal]) : (call.signal ?? signal);
  };
  const open = (call: NodeCall, request: Partial<HttpRequest>): Promise<HttpResponse> => {
    const ended = signalOf(call);
    return exchange(http, {
      method: call.method,
      url: base.origin + base.pathname.replace(/\/$/, '') + call.path,
      headers: { ...createHeaders(call, token), ...request.headers },
      ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
      ...(call.file && { body: call.file.chunks }),
      ...(ended && { signal: ended }),
      ...(call.headTimeoutMs !== undefined && { headTimeoutMs: call.headTimeoutMs }),
      ...request,
    });
  };
  return {
    json: async (call) => (await open(call, { maxBodyBytes: 256 * 1024 * 1024 })).json(),
    async events(call) {
      const response = await open(call, { maxBodyBytes: Number.POSITIVE_INFINITY });
      return readEvents(response.body);
    },
    close: () => http.close(),
  };
}

async function exchange(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
  const response = await http.request(request);
  if (response.status < 400) return response;
  const body = await response.json().catch(() => undefined);
  throw parseWireError({ status: response.status, body, retryAfter: response.headers['retry-after'] });
}

async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent, void, undefined> {
  let ready: SseEvent[] = [];
  const parser = createSseParser((event) => ready.push(event));
  for await (const chunk of chunks) {
    parser.push(chunk);
    const events = ready;
    ready = [];
    yield* events;
  }
}

function createHeaders(call: NodeCall, token: string | undefined): Record<string, string> {
  return {
    accept: 'application/json, text/event-stream',
    ...(call.body !== undefined && { 'content-type': 'application/json' }),
    ...(call.file && { 'content-type': 'application/octet-stream', 'content-length': String(call.file.size) }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...call.headers,
  };
}

function parseBase(url: string): URL {
  const base = URL.parse(url);
  if (base !== null && /^https?:$/.test(base.protocol)) return base;
  throw new ParleyError('INVALID_PARAMS', `"${url}" is no address of a node; write it as http://127.0.0.1:8000.`);
}
