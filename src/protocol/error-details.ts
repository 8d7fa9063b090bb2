import { type ErrorCode, isObject, type JsonObject, type JsonValue, type ParleyError } from '../base/index.ts';
import type { FieldViolation } from './fields/violation.ts';

const typePrefix = 'type.googleapis.com/google.rpc.';

/** The specification's reasons for the codes that it defines; every other code is ours and is its own reason. */
const specificationReasons: Partial<Record<ErrorCode, string>> = {
  PARSE_ERROR: 'PARSE_ERROR',
  INVALID_REQUEST: 'INVALID_REQUEST',
  METHOD_NOT_FOUND: 'METHOD_NOT_FOUND',
  INVALID_PARAMS: 'INVALID_PARAMS',
  INTERNAL: 'INTERNAL_ERROR',
  TASK_NOT_FOUND: 'TASK_NOT_FOUND',
  TASK_NOT_CANCELABLE: 'TASK_NOT_CANCELABLE',
  PUSH_NOT_SUPPORTED: 'PUSH_NOTIFICATION_NOT_SUPPORTED',
  UNSUPPORTED_OPERATION: 'UNSUPPORTED_OPERATION',
  CONTENT_TYPE_NOT_SUPPORTED: 'CONTENT_TYPE_NOT_SUPPORTED',
  INVALID_AGENT_RESPONSE: 'INVALID_AGENT_RESPONSE',
  EXTENDED_CARD_NOT_CONFIGURED: 'EXTENDED_AGENT_CARD_NOT_CONFIGURED',
  EXTENSION_REQUIRED: 'EXTENSION_SUPPORT_REQUIRED',
  VERSION_NOT_SUPPORTED: 'VERSION_NOT_SUPPORTED',
  GENERATION_MISMATCH: 'TASK_GENERATION_MISMATCH',
};

/** What a caller may read: an unforeseen failure's own words may hold paths or secrets and stay in the log. */
export function formatErrorMessage(error: ParleyError): string {
  return error.code === 'INTERNAL' ? error.entry.summary : error.message;
}

/** The error's google.rpc details, the same list in JSON-RPC's `data` and in REST's `details`. */
export function formatErrorDetails(error: ParleyError): readonly JsonObject[] {
  const details: JsonObject[] = [formatErrorInfo(error)];
  const violations = error.details['violations'];
  if (Array.isArray(violations) && violations.length > 0) details.push(formatBadRequest(violations));
  if (error.retryAfterMs !== undefined) details.push(formatRetryInfo(error.retryAfterMs));
  return details;
}

function formatErrorInfo(error: ParleyError): JsonObject {
  const reason = specificationReasons[error.code];
  const metadata = formatMetadata(error.details);
  return {
    '@type': `${typePrefix}ErrorInfo`,
    reason: reason ?? error.code,
    domain: reason === undefined ? 'parley' : 'a2a-protocol.org',
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** ErrorInfo's metadata is a map of strings. `violations` and the JSON-RPC `id` have places of their own. */
function formatMetadata(details: Readonly<Record<string, unknown>>): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(details)) {
    if (name === 'violations' || name === 'id' || value === undefined) continue;
    metadata[name] = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  }
  return metadata;
}

function formatBadRequest(violations: readonly unknown[]): JsonObject {
  return {
    '@type': `${typePrefix}BadRequest`,
    fieldViolations: violations
      .filter(isViolation)
      .map(({ field, description }): JsonValue => ({ field, description })),
  };
}

function isViolation(value: unknown): value is FieldViolation {
  return isObject(value) && typeof value['field'] === 'string' && typeof value['description'] === 'string';
}

function formatRetryInfo(retryAfterMs: number): JsonObject {
  return { '@type': `${typePrefix}RetryInfo`, retryDelay: `${retryAfterMs / 1000}s` };
}
