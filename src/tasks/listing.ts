import { isObject, ParleyError } from '../base/index.ts';
import { type ListTasksRequest, type TaskState, taskStates } from '../protocol/index.ts';
import type { DocumentPage, Query, Store, StoredDocument } from '../store/index.ts';
import { indexValue, sortableTime, type TaskDocument, taskIndexes } from './documents.ts';
import { taskCollection } from './events.ts';

/** Whose tasks: `owner` undefined = everybody's (operators). */
export interface ListScope {
  readonly agentId: string;
  readonly owner: string | undefined;
}

export interface TaskIdPage {
  readonly ids: readonly string[];
  readonly nextPageToken: string;
  readonly totalSize: number;
}

/** One page of task ids, newest status first, found by indexes alone: by context, or by state with the states merged. */
export function listTaskIds(store: Store, scope: ListScope, request: ListTasksRequest): Promise<TaskIdPage> {
  return request.contextId === undefined ? listByState(store, scope, request) : listByContext(store, scope, request);
}

/** Where a page ended, per state: a cursor, or null when the state has no more. */
type StateCursors = Readonly<Partial<Record<string, string | null>>>;

async function listByState(store: Store, scope: ListScope, request: ListTasksRequest): Promise<TaskIdPage> {
  const cursors = readToken(request.pageToken);
  const states = request.state ? [request.state] : taskStates;
  const sources = await Promise.all(
    states.map(async (state) => {
      const query = { ...stateQuery(scope, request, state), limit: request.pageSize };
      const cursor = cursors[state];
      const done = cursor === null;
      const page = done ? { documents: [] } : await store.find({ ...query, ...(cursor && { cursor }) });
      const { total } = await store.find({ ...query, limit: 1, count: true });
      return { state, query, page, total: total ?? 0, cursor, taken: 0 };
    }),
  );
  const merged = sources
    .flatMap((source) => source.page.documents.map((document) => ({ source, document, sort: sortOf(document) })))
    .sort((a, b) => (a.sort === b.sort ? compare(b.document.key, a.document.key) : compare(b.sort, a.sort)))
    .slice(0, request.pageSize);
  for (const { source } of merged) source.taken++;
  const next: Record<string, string | null> = {};
  for (const source of sources) next[source.state] = await nextCursor(store, source);
  const hasMore = Object.values(next).some((cursor) => cursor !== null);
  return {
    ids: merged.map(({ document }) => document.key),
    nextPageToken: hasMore ? Buffer.from(JSON.stringify(next)).toString('base64url') : '',
    totalSize: sources.reduce((sum, { total }) => sum + total, 0),
  };
}

interface Source {
  readonly query: Query;
  readonly page: DocumentPage;
  readonly cursor: string | null | undefined;
  readonly taken: number;
}

/** Behind the documents that were taken: null when nothing is left, '' when none was taken yet. */
async function nextCursor(store: Store, { query, page, cursor, taken }: Source): Promise<string | null> {
  if (taken === page.documents.length) return page.cursor ?? null;
  if (taken === 0) return cursor ?? '';
  const again = await store.find({ ...query, limit: taken, ...(cursor && { cursor }) });
  return again.cursor ?? null;
}

function stateQuery(scope: ListScope, request: ListTasksRequest, state: TaskState): Omit<Query, 'limit'> {
  const { agentId, owner } = scope;
  const byOwner = owner !== undefined;
  return {
    collection: taskCollection,
    index: byOwner ? taskIndexes.owned : taskIndexes.state,
    equals: byOwner ? indexValue(agentId, owner, state) : indexValue(agentId, state),
    order: 'descending',
    ...fromTime(request),
  };
}

/** Contexts are small: all of it is read, and the page cut out. */
const maxContextTasks = 10_000;

async function listByContext(store: Store, scope: ListScope, request: ListTasksRequest): Promise<TaskIdPage> {
  const { documents } = await store.find({
    collection: taskCollection,
    index: taskIndexes.context,
    equals: indexValue(scope.agentId, request.contextId ?? ''),
    order: 'descending',
    limit: maxContextTasks,
    ...fromTime(request),
  });
  const matching = documents.filter((document) => {
    const { owner, state } = readDocument(document);
    return (scope.owner === undefined || owner === scope.owner) && (!request.state || state === request.state);
  });
  const offset = readOffset(request.pageToken);
  const ids = matching.slice(offset, offset + request.pageSize).map(({ key }) => key);
  const end = offset + ids.length;
  const nextPageToken = end < matching.length ? Buffer.from(JSON.stringify({ offset: end })).toString('base64url') : '';
  return { ids, nextPageToken, totalSize: matching.length };
}

function fromTime({ statusTimestampAfterMs }: ListTasksRequest): { from?: string } {
  return statusTimestampAfterMs === undefined ? {} : { from: sortableTime(statusTimestampAfterMs) };
}

function readDocument(document: StoredDocument): TaskDocument {
  return JSON.parse(document.value) as TaskDocument;
}

function sortOf(document: StoredDocument): string {
  return sortableTime(readDocument(document).statusAtMs);
}

function readToken(token: string | undefined): StateCursors {
  const parsed = parseToken(token);
  if (Object.values(parsed).every((value) => value === null || typeof value === 'string'))
    return parsed as StateCursors;
  throw invalidToken();
}

function readOffset(token: string | undefined): number {
  const { offset = 0 } = parseToken(token);
  if (typeof offset === 'number' && Number.isInteger(offset) && offset >= 0) return offset;
  throw invalidToken();
}

function parseToken(token: string | undefined): Record<string, unknown> {
  if (!token) return {};
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (isObject(parsed)) return parsed;
  } catch (cause) {
    throw invalidToken(cause);
  }
  throw invalidToken();
}

function invalidToken(cause?: unknown): ParleyError {
  return new ParleyError('INVALID_PARAMS', 'pageToken is not one that this list gave out. Begin again without it.', {
    cause,
    details: { violations: [{ field: 'pageToken', description: 'unknown page token' }] },
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
