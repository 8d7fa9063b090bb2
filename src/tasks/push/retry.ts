import { hasCode } from '../../base/index.ts';

export interface RetrySettings {
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
}

/** What one attempt came to: an HTTP status, or what was thrown. */
export type AttemptOutcome = { readonly status: number } | { readonly thrown: unknown };

export type RetryDecision =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'give-up'; readonly reason: string };

/** Pure: what follows an attempt; `attempt` counts from 1. */
export function decideRetry(outcome: AttemptOutcome, attempt: number, settings: RetrySettings): RetryDecision {
  if ('status' in outcome && outcome.status >= 200 && outcome.status < 300) return { kind: 'delivered' };
  const reason = describeOutcome(outcome);
  if (isFinal(outcome)) return { kind: 'give-up', reason };
  if (attempt >= settings.maxAttempts)
    return { kind: 'give-up', reason: `${reason}, at the last of ${attempt} attempts` };
  return { kind: 'retry', delayMs: Math.min(settings.maxDelayMs, settings.firstDelayMs * 2 ** (attempt - 1)) };
}

/** A webhook that has moved, refuses us or is not allowed says the same the next time; 408, 425 and 429 ask for patience. */
function isFinal(outcome: AttemptOutcome): boolean {
  if ('thrown' in outcome) return hasCode(outcome.thrown, 'PERMISSION_DENIED');
  const { status } = outcome;
  return status < 500 && ![408, 425, 429].includes(status);
}

function describeOutcome(outcome: AttemptOutcome): string {
  if ('status' in outcome) return `it answered ${outcome.status}`;
  return outcome.thrown instanceof Error ? outcome.thrown.message : String(outcome.thrown);
}
