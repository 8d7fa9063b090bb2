import type { JsonObject } from '../../base/index.ts';
import type { Message } from '../../protocol/index.ts';
import type { DeadLetter, DeadLetterPage, DeadLetterQuery } from '../../resilience/index.ts';

/** A dead letter with what its task's journal says. */
export interface DeadLetterDetail extends DeadLetter {
  /** What the agent was to do; files are bytes again. */
  readonly message: Message;
  readonly metadata?: JsonObject;
  /** Each time that the work was handed out, in order. */
  readonly dispatches: readonly { readonly atMs: number; readonly endpointId: string; readonly attempt: number }[];
  /** Times at which operators had it tried again before. */
  readonly redrivenAtMs: readonly number[];
}

/**
 * Tasks that the fabric could not bring to their end; for operators. Guarantees: a letter is there exactly as long as its task
 * has failed, was not discarded and is kept: both change in one commit. Errors: NOT_FOUND, CONFLICT (somebody else redrives
 * it), and what refuses a new task of that agent, too: AGENT_NOT_FOUND, AGENT_UNAVAILABLE, BREAKER_OPEN.
 */
export interface DeadLetterService {
  list(query: DeadLetterQuery): Promise<DeadLetterPage>;
  get(taskId: string): Promise<DeadLetterDetail>;
  /** The task is handed out again, and goes on in its own journal; resolves when that is durable. */
  redrive(taskId: string, by: string): Promise<void>;
  /** Forgets the letter; the task stays failed. */
  discard(taskId: string): Promise<void>;
}
