import type { ErrorCode } from '../base/index.ts';
import type { CollectionSchema, DocumentChange } from '../store/index.ts';

/** Collection of the dead letters, one document a task. */
export const deadLetterCollection = 'dead-letters';

/** All are ordered by the time of the failure. */
export const deadLetterIndexes = { all: 'all', agent: 'agent', code: 'code', agentCode: 'agentCode' } as const;

/** How the collection is declared to the store: beyond `keep` the oldest go. */
export function deadLetterCollectionSchema(keep: number): CollectionSchema {
  return { indexes: Object.values(deadLetterIndexes), maxExpiring: keep };
}

/** Which failures are dead letters, and for how long. */
export interface DeadLetterRule {
  readonly keepMs: number;
  /** An agent's own answer that it failed, too. */
  readonly agentFailures: boolean;
}

export const defaultDeadLetterRule: DeadLetterRule = { keepMs: 30 * 24 * 3_600_000, agentFailures: false };

/** A task that the fabric could not bring to its end. What it was to do is in the task's journal, which is kept as long. */
export interface DeadLetter {
  readonly taskId: string;
  readonly agentId: string;
  readonly skill: string;
  /** An error code, or `FAILED` for an agent's own answer. */
  readonly code: string;
  readonly reason: string;
  /** How often the work was handed out. */
  readonly attempts: number;
  readonly contextId: string;
  readonly correlationId: string;
  readonly traceparent?: string;
  /** The principal whose task it is. */
  readonly owner: string;
  readonly submittedAtMs: number;
  readonly failedAtMs: number;
}

/** What the fabric did not manage; not what the caller asked in vain. */
const fabricCodes: ReadonlySet<string> = new Set<ErrorCode>([
  'AGENT_DISABLED',
  'AGENT_NOT_FOUND',
  'AGENT_UNAVAILABLE',
  'BREAKER_OPEN',
  'DEADLINE_EXCEEDED',
  'INTERNAL',
  'INVALID_AGENT_RESPONSE',
  'OUTCOME_UNKNOWN',
  'QUEUE_FULL',
  'RATE_LIMITED',
  'UNAVAILABLE',
  'UNREACHABLE',
  'WORKER_LOST',
  'WORKER_PROTOCOL',
]);
/** The agent's own failures; undefined: it said so in its own words. */
const agentCodes: ReadonlySet<string | undefined> = new Set<ErrorCode | undefined>([
  undefined,
  'AGENT_ERROR',
  'OUTPUT_INVALID',
  'SKILL_NOT_FOUND',
]);

/** Whether a failure with this code is a dead letter. */
export function isDeadLetter(code: string | undefined, rule: DeadLetterRule): boolean {
  return (code !== undefined && fabricCodes.has(code)) || (rule.agentFailures && agentCodes.has(code));
}

/** The letter as a change of the store, for the commit that ends the task. */
export function writeLetter(letter: DeadLetter, { keepMs }: DeadLetterRule): DocumentChange {
  const sort = sortableTime(letter.failedAtMs);
  const { agentId, code } = letter;
  return {
    collection: deadLetterCollection,
    value: JSON.stringify(letter),
    indexes: {
      [deadLetterIndexes.all]: { equals: '', sort },
      [deadLetterIndexes.agent]: { equals: agentId, sort },
      [deadLetterIndexes.code]: { equals: code, sort },
      [deadLetterIndexes.agentCode]: { equals: joinIndex(agentId, code), sort },
    },
    expiresAtMs: letter.failedAtMs + keepMs,
  };
}

/** For the commit that takes the task up again, and to discard it. */
export function removeLetter(): DocumentChange {
  return { collection: deadLetterCollection };
}

/** Index values are joined with a character that ids never hold. */
export function joinIndex(agentId: string, code: string): string {
  return `${agentId}\n${code}`;
}

/** Ms since the epoch as text of a fixed width, so that text order is time order. */
export function sortableTime(ms: number): string {
  return ms.toString().padStart(15, '0');
}
