import { connect } from 'node:http2';
import { AgentCallError } from './agent-client.js';
import { frameMessage, readMessages, readStatus } from './grpc-wire.js';

/**
 * @typedef {import('./agent-client.js').InvocationFacts & { deadlineAtMs?: number }} InvocationFacts
 *
 * @typedef {object} GrpcMethod as `@grpc/proto-loader` and generated code have it
 * @property {string} path
 * @property {boolean} requestStream
 * @property {boolean} responseStream
 * @property {(value: any) => Uint8Array} requestSerialize
 * @property {(bytes: Buffer) => any} responseDeserialize
 *
 * @typedef {object} GrpcCall
 * @property {string} agent id
 * @property {unknown} input a message, or several when the method takes a stream
 * @property {GrpcMethod} method
 * @property {InvocationFacts} invocation
 * @property {AbortSignal} signal
 */

/** @type {import('node:http2').ClientHttp2Session | undefined} */
let shared;

/**
 * Calls a method of another agent's own service, through the node.
 *
 * @param {GrpcCall} call
 * @returns {Promise<any>} the message; an async iterable of them when the method answers a stream
 */
export async function callMethod(call) {
  call.signal.throwIfAborted();
  const exchange = begin(call);
  const messages = receive(call, exchange);
  void sendAll(call, exchange.stream);
  if (call.method.responseStream) return messages;
  /** @type {any} */
  let answer;
  for await (const message of messages) answer = message;
  return answer;
}

/** @typedef {{ stream: import('node:http2').ClientHttp2Stream, ended: Promise<Record<string, any>> }} Exchange */

/** @param {GrpcCall} call @returns {Exchange} */
function begin(call) {
  const stream = openSession().request(headersOf(call));
  const cancel = () => stream.close(cancelled);
  call.signal.addEventListener('abort', cancel, { once: true });
  stream.once('close', () => call.signal.removeEventListener('abort', cancel));
  const { promise, resolve } = Promise.withResolvers();
  /** @type {Record<string, any>} */
  let trailers = {};
  /** @param {Record<string, any>} headers */
  const take = (headers) => {
    trailers = { ...trailers, ...headers };
  };
  stream.on('response', take).on('trailers', take);
  stream.on('error', (cause) => take({ cause }));
  stream.on('close', () => resolve(trailers));
  return { stream, ended: promise };
}

/** HTTP/2's word for a call that is not wanted any more. */
const cancelled = 8;

function openSession() {
  if (shared !== undefined && !shared.closed && !shared.destroyed) return shared;
  const { PARLEY_GRPC_ADDRESS: address } = process.env;
  if (!address) {
    const message =
      'PARLEY_GRPC_ADDRESS is not set: the node has no gRPC port, or this is no worker that Parley started';
    throw new AgentCallError(message, { code: 'UNREACHABLE' });
  }
  const session = connect(`http://${address}`);
  // Each call hears of it by itself.
  session.on('error', () => {}).unref();
  shared = session;
  return session;
}

/** @param {GrpcCall} call */
function headersOf({ agent, method, invocation }) {
  const { callToken, correlationId, traceparent, deadlineAtMs } = invocation;
  const { PARLEY_TOKEN: token } = process.env;
  return {
    ':method': 'POST',
    ':path': method.path,
    te: 'trailers',
    'content-type': 'application/grpc',
    'x-deployment-id': agent,
    'parley-call-token': callToken,
    'x-correlation-id': correlationId,
    ...(token && { authorization: `Bearer ${token}` }),
    ...(traceparent !== undefined && { traceparent }),
    ...(deadlineAtMs !== undefined && { 'grpc-timeout': formatTimeout(deadlineAtMs - Date.now()) }),
  };
}

/** At most eight digits. @param {number} leftMs */
function formatTimeout(leftMs) {
  const wholeMs = Math.max(1, Math.ceil(leftMs));
  return wholeMs < 1e8 ? `${wholeMs}m` : `${Math.ceil(wholeMs / 1_000)}S`;
}

/** Sends as fast as the other side takes it. @param {GrpcCall} call @param {import('node:http2').ClientHttp2Stream} stream */
async function sendAll({ input, method }, stream) {
  try {
    for await (const message of method.requestStream ? /** @type {any} */ (input) : [input ?? {}]) {
      if (!stream.writable) return;
      const isFull = !stream.write(frameMessage(method.requestSerialize(message)));
      if (isFull) await new Promise((resolve) => stream.once('drain', resolve).once('close', resolve));
    }
    stream.end();
  } catch (error) {
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** The answers; fails when the call did not end well. @param {GrpcCall} call @param {Exchange} exchange */
async function* receive({ agent, method, signal }, { stream, ended }) {
  /** @type {unknown} */
  let failure;
  try {
    for await (const message of readMessages(stream)) yield method.responseDeserialize(message);
  } catch (error) {
    failure = error;
  } finally {
    if (!stream.closed && !stream.readableEnded) stream.close(cancelled);
  }
  signal.throwIfAborted();
  const trailers = await ended;
  if (trailers['grpc-status'] === undefined) throw broken(agent, failure ?? trailers['cause']);
  const { status, message, code } = readStatus(trailers);
  if (status !== 'OK')
    throw new AgentCallError(message || `agent ${agent} answered ${status}`, { code: code ?? status });
  if (failure !== undefined) throw failure;
}

/** What the caller's own messages are to blame for stays as it is. @param {string} agent @param {unknown} cause */
function broken(agent, cause) {
  if (cause instanceof Error && !('code' in cause)) return cause;
  return new AgentCallError(`the call of agent ${agent} broke off, or the node cannot be reached`, {
    code: 'UNREACHABLE',
    cause,
  });
}
