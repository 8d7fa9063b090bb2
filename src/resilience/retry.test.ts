import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorCode, errorCatalogue, ParleyError } from '../base/index.ts';
import { decideRetry, type FailedAttempt } from './retry.ts';
import { defaultResilience } from './settings.ts';

const rule = { ...defaultResilience.retry, jitter: 0 };

function attempt(code: ErrorCode, rest: Partial<FailedAttempt> = {}): FailedAttempt {
  const thrown = new ParleyError(code, 'it failed');
  return { thrown, retries: 0, idempotent: false, nowMs: 0, deadlineAtMs: undefined, chance: 0.5, ...rest };
}

test('work that was not begun is tried again after 1, 2 and 4 s, and then no more', () => {
  const delays = [0, 1, 2, 3].map((retries) => decideRetry(attempt('AGENT_UNAVAILABLE', { retries }), rule));
  assert.deepEqual(delays, [1_000, 2_000, 4_000, undefined]);
});

test('an unknown outcome is tried again only where the skill may be done twice', () => {
  assert.equal(decideRetry(attempt('WORKER_LOST'), rule), undefined);
  assert.equal(decideRetry(attempt('WORKER_LOST', { idempotent: true }), rule), 1_000);
});

test('who asks for patience gets it', () => {
  const thrown = new ParleyError('RATE_LIMITED', 'slowly', { retryAfterMs: 7_000 });
  assert.equal(decideRetry(attempt('RATE_LIMITED', { thrown }), rule), 7_000);
});

test('silence of the agent is tried again, a deadline of the caller is not', () => {
  const failed = (limit: string): FailedAttempt =>
    attempt('DEADLINE_EXCEEDED', {
      thrown: new ParleyError('DEADLINE_EXCEEDED', 'late', { details: { limit } }),
      idempotent: true,
    });
  assert.deepEqual([decideRetry(failed('idle'), rule), decideRetry(failed('deadline'), rule)], [1_000, undefined]);
});

const codes = Object.keys(errorCatalogue) as ErrorCode[];
/** Codes that say that nothing was begun. */
const safe = new Set<ErrorCode>(['AGENT_UNAVAILABLE', 'BREAKER_OPEN', 'QUEUE_FULL', 'RATE_LIMITED', 'UNAVAILABLE']);

test('whatever fails: never unsafe, never beyond the limit, never behind the deadline, never out of the spread', () => {
  const anyAttempt = fc.record({
    code: fc.constantFrom(...codes),
    retries: fc.nat(10),
    idempotent: fc.boolean(),
    nowMs: fc.nat(1_000_000),
    left: fc.option(fc.nat(20_000), { nil: undefined }),
    chance: fc.double({ min: 0, max: 0.999, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(anyAttempt, ({ code, left, jitter, ...rest }) => {
      const deadlineAtMs = left === undefined ? undefined : rest.nowMs + left;
      const delayMs = decideRetry(attempt(code, { ...rest, deadlineAtMs }), { ...rule, jitter });
      if (delayMs === undefined) return;
      assert.ok(rest.idempotent || safe.has(code));
      assert.ok(rest.retries < rule.maxRetries);
      assert.ok(deadlineAtMs === undefined || rest.nowMs + delayMs < deadlineAtMs);
      const middle = 1_000 * 2 ** rest.retries;
      assert.ok(Math.abs(delayMs - middle) <= middle * jitter + 1);
    }),
    { numRuns: 2_000 },
  );
});
