import type { LogRecord } from '../../log/index.ts';
import { hasEnded, type TaskState } from '../fold.ts';
import { advance } from '../reader.ts';
import { isTaskEvent } from './is-task-event.ts';
import { readRelayedEvent } from './relayed-event.ts';

/** A task as far as the log was read. */
export interface TaskFold {
  readonly state: Readonly<TaskState>;
  readonly version: number;
  readonly hasEnded: boolean;
}

/**
 * The task behind the next record of it; unchanged by one that came before. Undefined when it cannot be followed: the record is none of a task's, an
 * event is missing, too large for the log or damaged.
 */
export function readRelayedTask(before: TaskFold | undefined, record: LogRecord): TaskFold | undefined {
  const relayed = readRelayedEvent(record);
  const version = before?.version ?? 0;
  if (relayed === undefined || (before !== undefined && relayed.sequence <= version)) return before;
  if (relayed.sequence !== version + 1 || !isReadable(relayed.event, version === 0)) return undefined;
  const state = advance(before?.state as TaskState | undefined, relayed.taskId, relayed.event);
  return { state, version: state.version, hasEnded: hasEnded(state) };
}

/** Whether the text can be the next event of a journal. */
export function isReadable(event: string | undefined, isFirst: boolean): event is string {
  if (event === undefined) return false;
  try {
    const parsed: unknown = JSON.parse(event);
    return isTaskEvent(parsed) && (parsed.type === 'submitted') === isFirst;
  } catch {
    return false;
  }
}
