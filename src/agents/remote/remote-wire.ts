import { isObject, type JsonObject, ParleyError } from '../../base/index.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../drivers/http/index.ts';
import {
  type ClientCodec,
  createSseParser,
  type OperationName,
  operations,
  parseJsonRpcError,
  parseWireError,
  type SendRequest,
  type SseEvent,
  type StreamItem,
  type Task,
  v1Codec,
  v03Client,
  v03RestClient,
} from '../../protocol/index.ts';
import type { RemoteWay } from './choose-way.ts';
import { toLostCall, toRefusal } from './remote-errors.ts';

/** One item of a remote stream; `id` is what the server resumes after. */
export interface WireItem {
  readonly id?: string;
  readonly item: StreamItem;
}

/** What goes with every call. */
export interface WireCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /** The other side has begun to answer. */
  readonly opened?: () => void;
}

/**
 * A2A's operations at one address, in its binding and version. Errors: AGENT_UNAVAILABLE (nothing was done), UNREACHABLE (it may
 * have been), PERMISSION_DENIED (the address may not be called), INVALID_AGENT_RESPONSE, and what the other side says.
 */
export interface RemoteWire {
  send(request: SendRequest, call: WireCall): Promise<StreamItem>;
  stream(request: SendRequest, call: WireCall): AsyncIterable<WireItem>;
  subscribe(taskId: string, after: string | undefined, call: WireCall): AsyncIterable<WireItem>;
  getTask(taskId: string, call: WireCall): Promise<Task>;
  cancelTask(taskId: string, call: WireCall): Promise<Task>;
}

const maxAnswerBytes = 16 * 1024 * 1024;
/** A connection that says nothing for so long is asked anew: its other end may be gone. */
const quietStreamMs = 60_000;
const shortCallMs = 30_000;

/** The operations at `way`, over a client that others close. */
export function createRemoteWire(way: RemoteWay, http: HttpClient): RemoteWire {
  const codec = codecOf(way);
  const target = URL.parse(way.url)?.origin ?? way.url;
  // Servers of 0.3 know no such header.
  const version = way.protocolVersion === '1.0' ? { 'a2a-version': '1.0' } : {};
  const versioned = (call: WireCall): WireCall => ({ ...call, headers: { ...version, ...call.headers } });
  const ask = async (operation: OperationName, input: Input, call: WireCall, limits: Limits): Promise<unknown> => {
    const response = await open({
      http,
      target,
      request: toRequest(way, operation, input),
      call: versioned(call),
      limits,
    });
    return readAnswer(response, way, target);
  };
  async function* follow(operation: OperationName, input: Input, call: WireCall): AsyncGenerator<WireItem> {
    const limits = { maxBodyBytes: Number.POSITIVE_INFINITY, headTimeoutMs: 0, idleTimeoutMs: quietStreamMs };
    const response = await open({
      http,
      target,
      request: toRequest(way, operation, input),
      call: versioned(call),
      limits,
    });
    if (!isEventStream(response)) {
      return yield { item: codec.decodeStreamItem(await readAnswer(response, way, target)) };
    }
    call.opened?.();
    for await (const { id, data } of readEvents(response, target)) {
      yield {
        ...(id !== undefined && { id }),
        item: codec.decodeStreamItem(unwrap(parseJson(data, target), way, target)),
      };
    }
  }
  const short = { maxBodyBytes: maxAnswerBytes, timeoutMs: shortCallMs };
  const task = async (operation: OperationName, taskId: string, call: WireCall): Promise<Task> =>
    codec.decodeTask(await ask(operation, { taskId }, call, short));
  return {
    async send(request, call) {
      const limits = { maxBodyBytes: maxAnswerBytes, headTimeoutMs: 0 };
      return codec.decodeStreamItem(await ask('sendMessage', { params: codec.encodeSend(request) }, call, limits));
    },
    stream: (request, call) => follow('streamMessage', { params: codec.encodeSend(request) }, call),
    subscribe(taskId, after, call) {
      const headers = { ...call.headers, ...(after !== undefined && { 'last-event-id': after }) };
      return follow('subscribeToTask', { taskId }, { ...call, headers });
    },
    getTask: (taskId, call) => task('getTask', taskId, call),
    cancelTask: (taskId, call) => task('cancelTask', taskId, call),
  };
}

type Input = { readonly params: JsonObject } | { readonly taskId: string };
type Limits = Pick<HttpRequest, 'maxBodyBytes' | 'timeoutMs' | 'headTimeoutMs' | 'idleTimeoutMs'>;

function codecOf({ protocolVersion, protocolBinding }: RemoteWay): ClientCodec {
  if (protocolVersion === '1.0') return v1Codec;
  return protocolBinding === 'JSONRPC' ? v03Client : v03RestClient;
}

function toRequest(way: RemoteWay, name: OperationName, input: Input): Pick<HttpRequest, 'method' | 'url' | 'body'> {
  const operation = operations.find((entry) => entry.name === name);
  const form = way.protocolVersion === '1.0' ? operation : operation?.v03;
  const tenant = way.tenant === undefined ? {} : { tenant: way.tenant };
  if (way.protocolBinding === 'JSONRPC') {
    const params = { ...('params' in input ? input.params : { id: input.taskId }), ...tenant };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: form?.method ?? name, params });
    return { method: 'POST', url: way.url, body };
  }
  const [route] = form?.routes ?? [];
  if (route === undefined)
    throw new ParleyError('UNSUPPORTED_OPERATION', `${name} is not in A2A ${way.protocolVersion}.`);
  const prefix = way.tenant === undefined ? '' : `/${encodeURIComponent(way.tenant)}`;
  const path = route.path.replace('{id}', 'taskId' in input ? encodeURIComponent(input.taskId) : '');
  const body = route.verb === 'GET' ? {} : { body: JSON.stringify('params' in input ? input.params : {}) };
  return { method: route.verb, url: way.url.replace(/\/+$/, '') + prefix + path, ...body };
}

interface Opening {
  readonly http: HttpClient;
  readonly target: string;
  readonly request: Pick<HttpRequest, 'method' | 'url' | 'body'>;
  readonly call: WireCall;
  readonly limits: Limits;
}

async function open({ http, target, request, call, limits }: Opening): Promise<HttpResponse> {
  const headers = {
    accept: 'application/json, text/event-stream',
    ...(request.body !== undefined && { 'content-type': 'application/json' }),
    ...call.headers,
  };
  try {
    return await http.request({ ...request, headers, signal: call.signal, ...limits });
  } catch (thrown) {
    throw toLostCall(thrown, target);
  }
}

function isEventStream({ status, headers }: HttpResponse): boolean {
  return status < 300 && (headers['content-type'] ?? '').startsWith('text/event-stream');
}

async function readAnswer(response: HttpResponse, way: RemoteWay, target: string): Promise<unknown> {
  const text = await response.text().catch((thrown: unknown) => {
    throw toLostCall(thrown, target);
  });
  if (response.status < 300) return unwrap(parseJson(text, target), way, target);
  const body = tryParse(text);
  const error = isObject(body) ? body['error'] : undefined;
  if (way.protocolBinding === 'JSONRPC' && isObject(error)) throw toRefusal(parseJsonRpcError(error), target);
  // HTTP+JSON of 0.3 has the error of JSON-RPC as its body.
  if (isObject(body) && typeof body['code'] === 'number') throw toRefusal(parseJsonRpcError(body), target);
  const { status } = response;
  // A proxy in between says that it lost the one behind it, not what that one has done.
  if (!isObject(error) && (status === 502 || status === 504)) {
    throw new ParleyError('UNREACHABLE', `${target} answered with status ${status}.`);
  }
  throw toRefusal(parseWireError({ status, body, retryAfter: response.headers['retry-after'] }), target);
}

/** The result in an answer or an event; the error in it is thrown. */
function unwrap(json: unknown, { protocolBinding }: RemoteWay, target: string): unknown {
  const error = isObject(json) ? json['error'] : undefined;
  if (protocolBinding === 'JSONRPC') {
    if (isObject(error)) throw toRefusal(parseJsonRpcError(error), target);
    return isObject(json) ? json['result'] : undefined;
  }
  if (isObject(error)) throw toRefusal(parseWireError({ status: 500, body: json }), target);
  return json;
}

async function* readEvents(response: HttpResponse, target: string): AsyncGenerator<SseEvent> {
  let ready: SseEvent[] = [];
  const parser = createSseParser((event) => ready.push(event), maxAnswerBytes);
  try {
    for await (const chunk of response.body) {
      parser.push(chunk);
      const events = ready;
      ready = [];
      yield* events;
    }
  } catch (thrown) {
    throw toLostCall(thrown, target);
  }
}

function parseJson(text: string, target: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParleyError('INVALID_AGENT_RESPONSE', `${target} answered with something that is not JSON.`, { cause });
  }
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
