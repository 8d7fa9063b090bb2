export { breakerCollection, breakerCollectionSchema } from './breaker-document.ts';
export { Breakers, type BreakersOptions, type BreakerView } from './breakers.ts';
export type { CallResilience } from './call-resilience.ts';
export { isOutcomeUnknown } from './classify-failure.ts';
export {
  type DeadLetterRule,
  deadLetterCollections,
  defaultDeadLetterRule,
  isDeadLetter,
  removeLetter,
  writeLetter,
} from './dead-letter.ts';
export {
  type CallLetterDetail,
  createDeadLetterService,
  type DeadLetterDetail,
  type DeadLetterService,
  type LetterKind,
  type RecordLetterDetail,
} from './dead-letter-service.ts';
export type { DeadLetterPage, DeadLetterQuery } from './dead-letters.ts';
export type { CallLetter, DeadLetter, RecordLetter } from './letter.ts';
export type { DeadLetterFilter } from './letter-indexes.ts';
export { createRecordGroups, type RecordGroups, type RecordGroupsOptions } from './records/record-groups.ts';
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
