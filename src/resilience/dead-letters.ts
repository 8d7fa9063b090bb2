import { ParleyError } from '../base/index.ts';
import type { Query, Store } from '../store/index.ts';
import {
  type DeadLetter,
  deadLetterCollection,
  deadLetterIndexes,
  joinIndex,
  removeLetter,
  sortableTime,
} from './dead-letter.ts';

/** Which dead letters; all that is given must fit. */
export interface DeadLetterFilter {
  readonly agentId?: string | undefined;
  readonly code?: string | undefined;
  /** Failed at this time or later. */
  readonly sinceMs?: number | undefined;
}

export interface DeadLetterQuery extends DeadLetterFilter {
  readonly limit: number;
  readonly order: 'oldest' | 'newest';
  /** From an earlier page. */
  readonly cursor?: string | undefined;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Undefined on the last page. */
  readonly cursor?: string;
  readonly total: number;
}

type LetterStore = Pick<Store, 'get' | 'find' | 'commit'>;

/** One page, found by an index alone. */
export async function listLetters(store: LetterStore, query: DeadLetterQuery): Promise<DeadLetterPage> {
  const page = await store.find({
    collection: deadLetterCollection,
    ...chooseIndex(query),
    order: query.order === 'oldest' ? 'ascending' : 'descending',
    limit: query.limit,
    count: true,
    ...(query.sinceMs !== undefined && { from: sortableTime(query.sinceMs) }),
    ...(query.cursor !== undefined && { cursor: query.cursor }),
  });
  const letters = page.documents.map(({ value }) => JSON.parse(value) as DeadLetter);
  return { letters, ...(page.cursor !== undefined && { cursor: page.cursor }), total: page.total ?? letters.length };
}

/** Throws NOT_FOUND. */
export async function getLetter(store: LetterStore, taskId: string): Promise<DeadLetter> {
  const found = await store.get(deadLetterCollection, taskId);
  if (found) return JSON.parse(found.value) as DeadLetter;
  throw new ParleyError('NOT_FOUND', `There is no dead letter for task ${taskId}.`, { details: { taskId } });
}

/** Forgets the letter; its task stays failed. Throws NOT_FOUND. */
export async function discardLetter(store: LetterStore, taskId: string): Promise<void> {
  await getLetter(store, taskId);
  await store.commit({ key: taskId, documents: [removeLetter()] });
}

function chooseIndex({ agentId, code }: DeadLetterFilter): Pick<Query, 'index' | 'equals'> {
  if (agentId !== undefined && code !== undefined) {
    return { index: deadLetterIndexes.agentCode, equals: joinIndex(agentId, code) };
  }
  if (agentId !== undefined) return { index: deadLetterIndexes.agent, equals: agentId };
  return code === undefined
    ? { index: deadLetterIndexes.all, equals: '' }
    : { index: deadLetterIndexes.code, equals: code };
}
