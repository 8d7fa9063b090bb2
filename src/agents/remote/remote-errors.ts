import { type ErrorCode, ParleyError } from '../../base/index.ts';

/** Nothing reached the other side. */
const connectFailures: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** What the other side refuses without having begun; the same call may succeed later. */
const busyCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAVAILABLE',
  'AGENT_UNAVAILABLE',
  'QUEUE_FULL',
  'RATE_LIMITED',
]);

/** What is about the call itself, and means the same to our caller. */
const ownCodes: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'INVALID_PARAMS',
  'VALIDATION_FAILED',
  'SKILL_NOT_FOUND',
  'CONTENT_TYPE_NOT_SUPPORTED',
  'PAYLOAD_TOO_LARGE',
  'CHAIN_REFUSED',
  'EXTENSION_REQUIRED',
  'VERSION_NOT_SUPPORTED',
  'UNSUPPORTED_OPERATION',
  'METHOD_NOT_FOUND',
  'TASK_NOT_FOUND',
  'TASK_NOT_CANCELABLE',
  'IDEMPOTENCY_CONFLICT',
  'AGENT_DISABLED',
  'INVALID_AGENT_RESPONSE',
  'OUTCOME_UNKNOWN',
]);

/**
 * A call that got no answer. AGENT_UNAVAILABLE: nothing was sent. UNREACHABLE: it may have been taken. Anything else, such as an
 * address that may not be called, stays what it is.
 */
export function toLostCall(thrown: unknown, target: string): ParleyError {
  const error = ParleyError.from(thrown);
  if (error.code === 'UNREACHABLE' && isConnectFailure(error)) {
    return new ParleyError('AGENT_UNAVAILABLE', error.message, { cause: thrown });
  }
  if (error.code !== 'DEADLINE_EXCEEDED') return error;
  return new ParleyError('UNREACHABLE', `${target} did not answer in time.`, { cause: thrown });
}

function isConnectFailure(error: ParleyError): boolean {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const first = cause instanceof AggregateError ? cause.errors[0] : cause;
    if (connectFailures.has(String((first as { code?: unknown } | undefined)?.code))) return true;
  }
  return false;
}

/** What the other side says instead of an answer, as our caller is told it. */
export function toRefusal(error: ParleyError, target: string): ParleyError {
  const { code, message, details, retryAfterMs } = error;
  const more = { cause: error, details, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (busyCodes.has(code)) return new ParleyError('AGENT_UNAVAILABLE', `${target} takes no call now: ${message}`, more);
  if (code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED') {
    const advice = 'check the credentials that are set for this agent';
    return new ParleyError('AGENT_ERROR', `${target} refuses the fabric's credential (${message}); ${advice}.`, more);
  }
  if (ownCodes.has(code)) return error;
  return new ParleyError('AGENT_ERROR', `${target} failed: ${message}`, more);
}

/** The end of a call whose outcome nobody here can learn any more. */
export function outcomeUnknown(target: string, why: unknown, taskId: string | undefined): ParleyError {
  const reason = why instanceof Error ? ` ${why.message}` : '';
  const place = taskId === undefined ? '' : ` There it is task ${taskId}.`;
  return new ParleyError(
    'OUTCOME_UNKNOWN',
    `The call went to ${target}, and what became of it is not known.${reason}${place}`,
    {
      cause: why,
      details: { target, ...(taskId !== undefined && { remoteTaskId: taskId }) },
    },
  );
}
