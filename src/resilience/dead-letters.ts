import { ParleyError } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { deadLetterCollection, deadRecordCollection, parseLetter, removeLetter } from './dead-letter.ts';
import type { DeadLetter } from './letter.ts';
import { chooseIndex, type DeadLetterFilter, sortableTime } from './letter-indexes.ts';

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
  const letters = page.documents.map(({ value }) => parseLetter(value));
  return { letters, ...(page.cursor !== undefined && { cursor: page.cursor }), total: page.total ?? letters.length };
}

/** Throws NOT_FOUND. */
export async function getLetter(store: LetterStore, id: string): Promise<DeadLetter> {
  const found = await store.get(deadLetterCollection, id);
  if (found) return parseLetter(found.value);
  throw new ParleyError('NOT_FOUND', `There is no dead letter ${id}.`, { details: { id } });
}

/** Forgets the letter; its task stays failed, its record unhandled. Throws NOT_FOUND. */
export async function discardLetter(store: LetterStore, id: string): Promise<void> {
  await getLetter(store, id);
  await store.commit({ key: id, documents: [removeLetter(), { collection: deadRecordCollection }] });
}
