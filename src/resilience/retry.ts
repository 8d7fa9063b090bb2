import { ParleyError } from '../base/index.ts';
import { classifyFailure } from './classify-failure.ts';
import type { RetryRule } from './settings.ts';

/** A call that failed. */
export interface FailedAttempt {
  readonly thrown: unknown;
  /** Tries that were made after the first. */
  readonly retries: number;
  /** The skill may be done twice. */
  readonly idempotent: boolean;
  readonly nowMs: number;
  /** Ms since the epoch; behind it nobody wants the answer. */
  readonly deadlineAtMs: number | undefined;
  /** From 0 up to, but not including, 1. */
  readonly chance: number;
}

/**
 * Pure: so long until the call may be made once more; undefined when it must not or is not to be, and when the agent asks for
 * more patience than the rule has.
 */
export function decideRetry(attempt: FailedAttempt, rule: RetryRule): number | undefined {
  const kind = classifyFailure(attempt.thrown);
  if (kind === 'over' || (kind === 'unknown' && !attempt.idempotent)) return undefined;
  if (attempt.retries >= rule.maxRetries) return undefined;
  const asked = ParleyError.from(attempt.thrown).retryAfterMs ?? 0;
  if (asked > rule.maxDelayMs) return undefined;
  const delayMs = Math.max(asked, retryDelayMs(rule, attempt.retries, attempt.chance));
  const { nowMs, deadlineAtMs } = attempt;
  return deadlineAtMs !== undefined && nowMs + delayMs >= deadlineAtMs ? undefined : delayMs;
}

/** The delay before retry number `retries` (0 = the first), spread by chance, so that who failed together does not return together. */
function retryDelayMs(rule: RetryRule, retries: number, chance: number): number {
  const delayMs = Math.min(rule.maxDelayMs, rule.firstDelayMs * rule.multiplier ** retries);
  return Math.round(delayMs * (1 + rule.jitter * (2 * chance - 1)));
}
