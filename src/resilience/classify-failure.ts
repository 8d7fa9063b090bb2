import { type ErrorCode, hasCode, ParleyError } from '../base/index.ts';
import type { CallVerdict } from './breaker.ts';

/**
 * What a call that threw says about its work.
 * - `not-begun`: nothing was handed out, or the agent said that it has not begun; trying again is safe.
 * - `unknown`: it was handed out, and nobody knows how far it got.
 * - `over`: trying again would bring the same, or nobody wants it any more.
 */
export type FailureKind = 'not-begun' | 'unknown' | 'over';

const notBegun: ReadonlySet<ErrorCode> = new Set([
  'AGENT_UNAVAILABLE',
  'BREAKER_OPEN',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'UNAVAILABLE',
]);
const unknown: ReadonlySet<ErrorCode> = new Set(['WORKER_LOST', 'WORKER_PROTOCOL', 'OUTCOME_UNKNOWN', 'UNREACHABLE']);

/** The kind of a failure, by its code. */
export function classifyFailure(thrown: unknown): FailureKind {
  const error = ParleyError.from(thrown);
  if (notBegun.has(error.code)) return 'not-begun';
  return unknown.has(error.code) || isQuiet(error) ? 'unknown' : 'over';
}

/** True when nobody knows whether the work was done, and the task has to say so. A timeout says it by itself. */
export function isOutcomeUnknown(thrown: unknown): boolean {
  return unknown.has(ParleyError.from(thrown).code);
}

/**
 * What a failure tells the agent's breaker. The agent's fault: it could not be reached, broke off, or fell silent. Who answers,
 * also with a failure, works. Being sent away for a while, or a caller's own deadline, says nothing.
 */
export function verdictOf(thrown: unknown): CallVerdict {
  const error = ParleyError.from(thrown);
  if (error.code === 'AGENT_UNAVAILABLE' && isBusy(error.cause)) return 'neither';
  if (unknown.has(error.code) || faults.has(error.code) || isQuiet(error)) return 'failure';
  return notBegun.has(error.code) || silent.has(error.code) ? 'neither' : 'success';
}

const faults: ReadonlySet<ErrorCode> = new Set(['AGENT_UNAVAILABLE', 'INVALID_AGENT_RESPONSE']);
const silent: ReadonlySet<ErrorCode> = new Set(['CANCELED', 'DEADLINE_EXCEEDED', 'INTERNAL']);

/** It is there, and has too much to do. */
function isBusy(cause: unknown): boolean {
  return hasCode(cause, 'QUEUE_FULL') || hasCode(cause, 'RATE_LIMITED');
}

/** The agent's own time was up, and not its caller's. */
function isQuiet({ code, details }: ParleyError): boolean {
  return code === 'DEADLINE_EXCEEDED' && details['limit'] === 'idle';
}
