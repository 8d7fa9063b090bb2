import { hasCode, ParleyError } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { createTaskDocument } from './documents.ts';
import { type TaskEvent, taskJournal } from './events.ts';
import { applyEvent, isSettled, type TaskState } from './fold.ts';
import { previewState } from './preview.ts';
import { loadTaskState } from './reader.ts';
import type { RetentionSettings } from './retention.ts';
import { fenceOf, type NodeSeat, toRefusal } from './seat.ts';

export interface ElsewhereOptions {
  readonly store: Store;
  readonly seat: NodeSeat;
  readonly retention: RetentionSettings;
}

/** Tasks whose journals another node writes. */
export interface TasksElsewhere {
  /**
   * Puts a command at the end of the task's journal, whoever writes it meanwhile, and tells its node. `decide` sees the task as
   * it is and gives the events, or throws why there are none. Answers the state behind them.
   */
  command(id: string, decide: (state: TaskState) => readonly TaskEvent[]): Promise<TaskState>;
  /** The state once the task has ended or waits for its caller behind `afterVersion`. Rejects when the signal aborts. */
  settled(id: string, afterVersion: number, signal: AbortSignal): Promise<TaskState>;
}

/** A task that brings events faster than a command can be put between them is rare, and will be between two of them soon. */
const maxAttempts = 100;

/** Commands by way of the journal, and waiting by following it. */
export function createTasksElsewhere(options: ElsewhereOptions): TasksElsewhere {
  return {
    async command(id, decide) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await tryCommand(id, decide, options);
        } catch (thrown) {
          if (!hasCode(thrown, 'VERSION_CONFLICT') || attempt === maxAttempts) throw toRefusal(thrown);
        }
      }
    },
    settled: (id, afterVersion, signal) => followUntilSettled(options.store, { id, afterVersion, signal }),
  };
}

async function tryCommand(
  id: string,
  decide: (state: TaskState) => readonly TaskEvent[],
  { store, seat, retention }: ElsewhereOptions,
): Promise<TaskState> {
  const state = await requireState(store, id);
  const events = decide(state);
  const next = previewState(id, state, events);
  if (events.length > 0) {
    await store.commit({
      key: id,
      append: {
        kind: taskJournal,
        expectedVersion: state.version,
        events: events.map((event) => JSON.stringify(event)),
      },
      ...(next && { documents: [createTaskDocument(next, retention)] }),
      fence: fenceOf(seat.life()),
    });
  }
  if (state.node) await seat.wake(state.node.id, id);
  for (const event of events) applyEvent(state, event);
  return state;
}

interface Wanted {
  readonly id: string;
  readonly afterVersion: number;
  readonly signal: AbortSignal;
}

async function followUntilSettled(store: Store, { id, afterVersion, signal }: Wanted): Promise<TaskState> {
  const state = await requireState(store, id);
  if (isSettled(state, afterVersion)) return state;
  const left = new AbortController();
  try {
    const ends = AbortSignal.any([signal, left.signal]);
    for await (const batch of store.tail(taskJournal, id, state.version, ends)) {
      for (const { event } of batch) applyEvent(state, JSON.parse(event) as TaskEvent);
      if (isSettled(state, afterVersion)) return state;
    }
    throw signal.reason;
  } finally {
    left.abort();
  }
}

async function requireState(store: Store, id: string): Promise<TaskState> {
  const state = await loadTaskState(store, id);
  if (state) return state;
  throw new ParleyError('TASK_NOT_FOUND', `There is no task ${id}.`, { details: { taskId: id } });
}
