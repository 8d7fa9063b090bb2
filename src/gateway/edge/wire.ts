import type { JsonValue, ParleyError } from '../../base/index.ts';
import {
  formatJsonRpcError,
  formatJsonRpcResult,
  formatOldRestError,
  formatRestError,
  formatSseEvent,
  type JsonRpcId,
} from '../../protocol/index.ts';
import { formatDetailError, formatParError } from '../par/format-error.ts';

/** How answers look: A2A's two HTTP bindings, PAR's two forms of errors, or the plain JSON of every other route. */
export type Wire =
  | { readonly kind: 'json-rpc'; readonly id: JsonRpcId }
  | { readonly kind: 'rest' }
  | { readonly kind: 'old-rest' }
  | { readonly kind: 'par' }
  | { readonly kind: 'supervisor' }
  | { readonly kind: 'plain' };

/** A2A's HTTP+JSON binding. */
export const restWire: Wire = { kind: 'rest' };
/** The same in A2A 0.3. */
export const oldRestWire: Wire = { kind: 'old-rest' };
/** PAR's routes. */
export const parWire: Wire = { kind: 'par' };
/** PAR's supervisor and its agents' exports. */
export const supervisorWire: Wire = { kind: 'supervisor' };
/** Routes that are not A2A's. */
export const plainWire: Wire = { kind: 'plain' };

/** The media type of JSON answers on that wire. */
export function contentTypeOf(wire: Wire): string {
  return wire.kind === 'rest' ? 'application/a2a+json' : 'application/json';
}

/** A result as text. */
export function formatResult(wire: Wire, result: JsonValue): string {
  return wire.kind === 'json-rpc' ? formatJsonRpcResult(wire.id, result) : JSON.stringify(result);
}

/** A failure as HTTP status and text. */
export function formatFailure(wire: Wire, error: ParleyError): { readonly status: number; readonly body: string } {
  switch (wire.kind) {
    case 'json-rpc':
      return { status: jsonRpcStatus(error), body: formatJsonRpcError(idOf(wire.id, error), error) };
    case 'rest': {
      const { status, body } = formatRestError(error);
      return { status, body: JSON.stringify(body) };
    }
    case 'old-rest':
      return { status: error.entry.http, body: formatOldRestError(error) };
    case 'par':
      return formatParError(error);
    case 'supervisor':
      return formatDetailError(error);
    case 'plain':
      return { status: error.entry.http, body: formatPlainError(error) };
  }
}

/** A failure as the last event of a stream that has already begun. */
export function formatStreamFailure(wire: Wire, error: ParleyError): string {
  const { body } = formatFailure(wire, error);
  return wire.kind === 'json-rpc' ? formatSseEvent({ data: body }) : formatSseEvent({ event: 'error', data: body });
}

/** `{ error: { code, message, details } }`; what went wrong inside stays in the log. */
function formatPlainError(error: ParleyError): string {
  const isInternal = error.code === 'INTERNAL';
  const message = isInternal ? error.entry.summary : error.message;
  return JSON.stringify({ error: { code: error.code, message, details: isInternal ? {} : error.details } });
}

const transportStatuses: ReadonlySet<number> = new Set([401, 403, 413, 429, 503]);

/** A JSON-RPC answer is HTTP 200, error or not; refusals that proxies and balancers must see keep their own status. */
function jsonRpcStatus(error: ParleyError): number {
  if (error.code === 'AGENT_NOT_FOUND') return 404;
  return transportStatuses.has(error.entry.http) ? error.entry.http : 200;
}

/** A request that was refused before its id was taken may still have had a readable one. */
function idOf(id: JsonRpcId, error: ParleyError): JsonRpcId {
  if (id !== null || error.code !== 'INVALID_REQUEST') return id;
  const read = error.details['id'];
  return typeof read === 'string' || typeof read === 'number' ? read : null;
}
