import type { JsonObject } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import type { TaskState } from '../fold.ts';
import { loadTaskState } from '../reader.ts';

/** The whole state of a task as plain JSON: what two folds of one journal are compared by. */
export interface TaskStateView {
  readonly id: string;
  /** Sequence of the last event. */
  readonly version: number;
  readonly statusAtMs: number;
  readonly state: JsonObject;
}

/** The state's view. Contents that lie outside of the journal are in it as references. */
export function toTaskStateView(state: TaskState): TaskStateView {
  const { id, version, statusAtMs, isLight: _, artifacts, ...rest } = state;
  // What was folded from events in memory and what comes from text must look alike: undefined values go.
  const plain = JSON.parse(JSON.stringify({ ...rest, version, statusAtMs, artifacts: [...artifacts.values()] }));
  return { id, version, statusAtMs, state: plain as JsonObject };
}

/** The view of one task, by its journal; undefined when there is none. */
export async function readTaskState(store: Pick<Store, 'read'>, id: string): Promise<TaskStateView | undefined> {
  const state = await loadTaskState(store, id);
  return state && toTaskStateView(state);
}
