import { defaultDeadLetterRule } from '../resilience/index.ts';
import type { DedupeRule } from './choose-key.ts';
import type { RetentionSettings } from './retention.ts';

/** How tasks are treated on this node. */
export interface TaskSettings {
  /** Without an event for so long a call is over, unless its skill says otherwise. */
  readonly idleMs: number;
  /** Tasks that may wait for one agent. */
  readonly maxQueued: number;
  /** How long a cancel call waits for the work to have stopped. */
  readonly cancelWaitMs: number;
  /** A task of an earlier run, or of a node that is gone, waits so long for an agent that is not there yet. */
  readonly recoverWaitMs: number;
  readonly dedupe: DedupeRule;
  readonly retention: RetentionSettings;
}

/** What holds when nothing else is said. */
export const defaultTaskSettings: TaskSettings = {
  idleMs: 300_000,
  maxQueued: 10_000,
  cancelWaitMs: 10_000,
  recoverWaitMs: 60_000,
  dedupe: 'asked',
  retention: { finishedTaskMs: 7 * 24 * 3_600_000, deadLetters: defaultDeadLetterRule },
};
