export { breakerCollection, breakerCollectionSchema } from './breaker-document.ts';
export { Breakers, type BreakersOptions, type BreakerView } from './breakers.ts';
export type { CallResilience } from './call-resilience.ts';
export { isOutcomeUnknown } from './classify-failure.ts';
export {
  type DeadLetter,
  type DeadLetterRule,
  deadLetterCollection,
  deadLetterCollectionSchema,
  defaultDeadLetterRule,
  isDeadLetter,
  removeLetter,
  writeLetter,
} from './dead-letter.ts';
export {
  type DeadLetterFilter,
  type DeadLetterPage,
  type DeadLetterQuery,
  discardLetter,
  getLetter,
  listLetters,
} from './dead-letters.ts';
export { decideRetry, type FailedAttempt } from './retry.ts';
export {
  type AgentOverrides,
  type BreakerRule,
  breakerRuleOf,
  defaultResilience,
  hedgeAfterOf,
  type ResilienceConfig,
  type RetryRule,
  retryRuleOf,
} from './settings.ts';
export { type DeadlineOptions, withDeadlines } from './with-deadlines.ts';
export { withHedging } from './with-hedging.ts';
