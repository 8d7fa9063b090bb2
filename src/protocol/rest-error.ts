import type { JsonObject, ParleyError } from '../base/index.ts';
import { formatErrorDetails, formatErrorMessage } from './error-details.ts';

/** An error of the HTTP+JSON binding: its HTTP status and google.rpc.Status as the body. */
export function formatRestError(error: ParleyError): { readonly status: number; readonly body: JsonObject } {
  const { http, grpc } = error.entry;
  const body = { code: http, status: grpc, message: formatErrorMessage(error), details: formatErrorDetails(error) };
  return { status: http, body: { error: body } };
}

/** An error of A2A 0.3's HTTP+JSON binding: what JSON-RPC has as its error is the whole body. */
export function formatOldRestError(error: ParleyError): string {
  const { jsonRpc } = error.entry;
  return JSON.stringify({ code: jsonRpc, message: formatErrorMessage(error), data: formatErrorDetails(error) });
}
