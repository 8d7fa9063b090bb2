import { type ErrorCode, errorCatalogue, isObject, ParleyError } from '../base/index.ts';

// The reasons that the A2A specification spells differently from our codes.
const specificationReasons: ReadonlyMap<string, ErrorCode> = new Map([
  ['INTERNAL_ERROR', 'INTERNAL'],
  ['PUSH_NOTIFICATION_NOT_SUPPORTED', 'PUSH_NOT_SUPPORTED'],
  ['EXTENDED_AGENT_CARD_NOT_CONFIGURED', 'EXTENDED_CARD_NOT_CONFIGURED'],
  ['EXTENSION_SUPPORT_REQUIRED', 'EXTENSION_REQUIRED'],
  ['TASK_GENERATION_MISMATCH', 'GENERATION_MISMATCH'],
]);

const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_PARAMS',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'DEADLINE_EXCEEDED',
  409: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  422: 'VALIDATION_FAILED',
  429: 'QUEUE_FULL',
  502: 'AGENT_ERROR',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};

/** A refusal as it came over the wire. */
export interface WireFailure {
  readonly status: number;
  /** Parsed JSON; anything else when the answer was none. */
  readonly body: unknown;
  /** The header, in seconds. */
  readonly retryAfter?: string | undefined;
}

/**
 * The ParleyError that the other side threw: from our API's `{ error: { code } }`, from google.rpc.Status, from the `{ code, message }` of
 * HTTP+JSON in A2A 0.3, else by status.
 */
export function parseWireError({ status, body, retryAfter }: WireFailure): ParleyError {
  const given = isObject(body) ? body : {};
  const error = isObject(given['error']) ? given['error'] : given;
  const code = readCode(error) ?? codeByStatus[status] ?? 'INTERNAL';
  const { message } = error;
  const text = typeof message === 'string' && message !== '' ? message : errorCatalogue[code].summary;
  const seconds = Number(retryAfter);
  return new ParleyError(code, text, {
    details: readDetails(error['details']),
    ...(retryAfter !== undefined && Number.isFinite(seconds) && { retryAfterMs: seconds * 1_000 }),
  });
}

/** Our API's details as they are; of google.rpc's the facts and the fields that were wrong. */
function readDetails(details: unknown): Readonly<Record<string, unknown>> {
  if (!Array.isArray(details)) return isObject(details) ? details : {};
  const entries = details
    .filter(isObject)
    .flatMap(({ metadata, fieldViolations: violations }) => [
      ...(isObject(metadata) ? Object.entries(metadata) : []),
      ...(Array.isArray(violations) ? [['violations', violations] as const] : []),
    ]);
  return Object.fromEntries(entries);
}

function readCode(error: Record<string, unknown>): ErrorCode | undefined {
  const details = Array.isArray(error['details']) ? error['details'] : [];
  const known = codeByNumber.get(error['code']);
  if (known !== undefined) return known;
  const candidates = [error['code'], ...details.filter(isObject).map(({ reason }) => reason)];
  for (const candidate of candidates) {
    const code = typeof candidate === 'string' ? toCode(candidate) : undefined;
    if (code !== undefined) return code;
  }
  return undefined;
}

const codeByNumber: ReadonlyMap<unknown, ErrorCode> = new Map(
  (Object.keys(errorCatalogue) as ErrorCode[]).map((code) => [errorCatalogue[code].jsonRpc, code]),
);

/** The same from the `error` of a JSON-RPC answer: what its details say, else its number. */
export function parseJsonRpcError(error: unknown): ParleyError {
  const { code, message, data } = isObject(error) ? error : {};
  const known = codeByNumber.get(code);
  const status = known === undefined ? 500 : errorCatalogue[known].http;
  const details = Array.isArray(data) ? data : [];
  const parsed = parseWireError({ status, body: { error: { message, details } } });
  if (known === undefined || readCode({ details }) !== undefined) return parsed;
  return new ParleyError(known, parsed.message, { details: parsed.details });
}

function toCode(text: string): ErrorCode | undefined {
  return Object.hasOwn(errorCatalogue, text) ? (text as ErrorCode) : specificationReasons.get(text);
}
