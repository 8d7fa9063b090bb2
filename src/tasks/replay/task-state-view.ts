import type { JsonObject, StateView } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { hasEnded, type TaskState } from '../fold.ts';
import { loadTaskState } from '../reader.ts';

/** The state as plain JSON. Contents that lie outside of the journal are in it as references. */
export function toTaskStateView(state: TaskState): StateView {
  const { id, version, statusAtMs, isLight: _, artifacts, ...rest } = state;
  // What was folded from events in memory and what comes from text must look alike: undefined values go.
  const plain = JSON.parse(JSON.stringify({ ...rest, version, statusAtMs, artifacts: [...artifacts.values()] }));
  const times = { beganAtMs: state.submitted.at, changedAtMs: statusAtMs };
  return { kind: 'task', id, version, ...times, hasEnded: hasEnded(state), state: plain as JsonObject };
}

/** The view of one task, by its journal; undefined when there is none. */
export async function readTaskState(store: Pick<Store, 'read'>, id: string): Promise<StateView | undefined> {
  const state = await loadTaskState(store, id);
  return state && toTaskStateView(state);
}
