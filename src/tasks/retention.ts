import type { DeadLetterRule } from '../resilience/index.ts';

/** How long what has ended is kept. */
export interface RetentionSettings {
  /** How long a finished task is kept. */
  readonly finishedTaskMs: number;
  readonly deadLetters: DeadLetterRule;
}
