import type { ErrorCode } from '../base/index.ts';
import type { CollectionSchema, DocumentChange } from '../store/index.ts';
import type { CallLetter, DeadLetter } from './letter.ts';
import { indexesOf, letterIndexes } from './letter-indexes.ts';

/** Collection of the dead letters, one document a task or record. */
export const deadLetterCollection = 'dead-letters';

/** Collection of what records with a dead letter hold, under the letter's id. */
export const deadRecordCollection = 'dead-records';

/** Collection of one document for each group, another with each wish that one of its records be handled again. */
export const redriveCollection = 'record-redrives';

/** How the collections are declared to the store: beyond `keep` the oldest go. */
export function deadLetterCollections(keep: number): Readonly<Record<string, CollectionSchema>> {
  return {
    [deadLetterCollection]: { indexes: letterIndexes, maxExpiring: keep },
    [deadRecordCollection]: { indexes: [], maxExpiring: keep },
    [redriveCollection]: { indexes: [] },
  };
}

/** Which failures are dead letters, and for how long. */
export interface DeadLetterRule {
  readonly keepMs: number;
  /** An agent's own answer that it failed, too. */
  readonly agentFailures: boolean;
}

export const defaultDeadLetterRule: DeadLetterRule = { keepMs: 30 * 24 * 3_600_000, agentFailures: false };

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

/** The letter as a change of the store, for the commit that makes it one. */
export function writeLetter(letter: DeadLetter, { keepMs }: Pick<DeadLetterRule, 'keepMs'>): DocumentChange {
  return {
    collection: deadLetterCollection,
    value: JSON.stringify(letter),
    indexes: indexesOf(letter),
    expiresAtMs: letter.failedAtMs + keepMs,
  };
}

/** For the commit that takes the work up again, and to discard it. */
export function removeLetter(): DocumentChange {
  return { collection: deadLetterCollection };
}

/** A letter as the store has it; those written before there were letters of records say `taskId` and no kind. */
export function parseLetter(text: string): DeadLetter {
  const stored = JSON.parse(text) as DeadLetter | (Omit<CallLetter, 'kind' | 'id'> & { readonly taskId: string });
  if ('kind' in stored) return stored;
  const { taskId: id, ...rest } = stored;
  return { kind: 'call', id, ...rest };
}
