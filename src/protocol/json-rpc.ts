import { isUtf8 } from 'node:buffer';
import { isObject, type JsonValue, ParleyError } from '../base/index.ts';
import { formatErrorDetails, formatErrorMessage } from './error-details.ts';

export type JsonRpcId = string | number | null;

export interface JsonRpcCall {
  readonly id: JsonRpcId;
  readonly method: string;
  /** Undefined when there are none; the codec judges them. */
  readonly params: unknown;
}

/**
 * One JSON-RPC 2.0 request. Throws PARSE_ERROR or INVALID_REQUEST, with `details.id` where the id could be read.
 * Batches are refused. A request without an id is answered all the same, with the id null: A2A has no notifications.
 */
export function parseJsonRpc(body: Uint8Array): JsonRpcCall {
  const json = parseBody(body);
  if (Array.isArray(json)) throw invalidRequest('A batch of JSON-RPC requests is not supported; send them one by one.');
  if (!isObject(json)) throw invalidRequest('The body must be a JSON-RPC request object.');
  const { id = null, method, params, jsonrpc } = json;
  if (!isId(id)) throw invalidRequest('id must be a string, a number or null.');
  if (jsonrpc !== '2.0') throw invalidRequest('jsonrpc must be "2.0".', id);
  if (typeof method !== 'string' || method === '') throw invalidRequest('method must be a name.', id);
  return { id, method, params: params ?? undefined };
}

function parseBody(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw new ParleyError('PARSE_ERROR', 'The body is not valid UTF-8.');
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
  } catch (thrown) {
    throw new ParleyError('PARSE_ERROR', 'The body is not valid JSON.', { cause: thrown });
  }
}

function isId(value: unknown): value is JsonRpcId {
  return typeof value === 'string' || typeof value === 'number' || value === null;
}

function invalidRequest(message: string, id?: JsonRpcId): ParleyError {
  return new ParleyError('INVALID_REQUEST', message, id === undefined ? {} : { details: { id } });
}

/** The answer's text. */
export function formatJsonRpcResult(id: JsonRpcId, result: JsonValue): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${JSON.stringify(result)}}`;
}

/** The error answer's text; `error.data` is a list of google.rpc details. */
export function formatJsonRpcError(id: JsonRpcId, error: ParleyError): string {
  const { jsonRpc: code } = error.entry;
  const body = { code, message: formatErrorMessage(error), data: formatErrorDetails(error) };
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":${JSON.stringify(body)}}`;
}
