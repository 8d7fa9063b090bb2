import type { TaskState as TaskStateName } from '../protocol/index.ts';
import type { CollectionSchema, DocumentChange, IndexEntry } from '../store/index.ts';
import { keptMs } from './dead-letters/letter-changes.ts';
import { taskCollection, taskJournal } from './events.ts';
import { hasEnded, type TaskState } from './fold.ts';
import type { RetentionSettings } from './retention.ts';

/** Indexes of the collection `tasks`. All are ordered by the time of the last status, newest last. */
export const taskIndexes = {
  /** Tasks that have not ended, of one node (`''`: of the only one): what is taken up again after a crash. */
  open: 'open',
  /** Of one agent and owner, by state. */
  owned: 'owned',
  /** Of one agent, by state, whoever owns them: for operators. */
  state: 'state',
  /** Of one agent and context. */
  context: 'context',
} as const;

/** How the collection is declared to the store. */
export function taskCollectionSchema(maxFinishedTasks: number): CollectionSchema {
  return { indexes: Object.values(taskIndexes), maxExpiring: maxFinishedTasks };
}

/** What a document of the collection says: enough to authorize and order without reading the journal. */
export interface TaskDocument {
  readonly owner: string;
  readonly agentId: string;
  readonly state: TaskStateName;
  readonly statusAtMs: number;
}

/** Index values are joined with a character that ids never hold. */
export function indexValue(...values: readonly string[]): string {
  return values.join('\n');
}

/** Ms since the epoch as text of a fixed width, so that text order is time order. */
export function sortableTime(ms: number): string {
  return ms.toString().padStart(15, '0');
}

/** The task's document as it is after its newest events. */
export function createTaskDocument(state: TaskState, retention: RetentionSettings): DocumentChange {
  const { owner, agentId } = state.submitted;
  const value: TaskDocument = { owner, agentId, state: state.status.state, statusAtMs: state.statusAtMs };
  const ended = hasEnded(state);
  return {
    collection: taskCollection,
    value: JSON.stringify(value),
    indexes: createIndexes(state, ended),
    ...(ended && { expiresAtMs: state.statusAtMs + keptMs(state, retention), ownsJournal: taskJournal }),
  };
}

function createIndexes(state: TaskState, ended: boolean): Record<string, IndexEntry> {
  const { owner, agentId, contextId } = state.submitted;
  const sort = sortableTime(state.statusAtMs);
  const indexes: Record<string, IndexEntry> = {};
  if (!ended) indexes[taskIndexes.open] = { equals: state.node?.id ?? '', sort };
  indexes[taskIndexes.owned] = { equals: indexValue(agentId, owner, state.status.state), sort };
  indexes[taskIndexes.state] = { equals: indexValue(agentId, state.status.state), sort };
  indexes[taskIndexes.context] = { equals: indexValue(agentId, contextId), sort };
  return indexes;
}
