import { ParleyError } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import type { TaskBlobs } from './blobs.ts';
import { type TaskEvent, taskJournal, toStreamItem } from './events.ts';
import { applyEvent, createTaskState, lighten, type TaskState } from './fold.ts';
import type { SequencedItem } from './port.ts';

/** Most journals fit into one page; of a long one not too much is in memory at once. */
const pageSize = 200;

/** The task's state by its journal; undefined when there is none. `light`: without what history and artifacts hold. */
export async function loadTaskState(
  store: Pick<Store, 'read'>,
  id: string,
  light: boolean = false,
): Promise<TaskState | undefined> {
  let state: TaskState | undefined;
  while (true) {
    const page = await store.read(taskJournal, id, state?.version ?? 0, pageSize);
    for (const stored of page) {
      state = advance(state, id, stored.event);
      if (light) lighten(state);
    }
    if (page.length < pageSize) return state;
  }
}

/** Brings a state forward by the text of the journal's next event, or makes it from the first. STORE_DAMAGED when that is none. */
export function advance(state: TaskState | undefined, id: string, text: string): TaskState {
  const event = JSON.parse(text) as TaskEvent;
  if (state) applyEvent(state, event);
  else if (event.type === 'submitted') return createTaskState(id, event);
  else throw new ParleyError('STORE_DAMAGED', `The journal of task ${id} does not begin with its submission.`);
  return state;
}

export interface FollowOptions {
  readonly store: Store;
  readonly blobs: TaskBlobs;
  readonly id: string;
  readonly contextId: string;
  /** Sequence behind which to begin. */
  readonly after: number;
  readonly signal: AbortSignal;
}

/** One turn's worth of a task's journal, as its readers see it. */
export interface FollowedBatch {
  readonly items: readonly SequencedItem[];
  readonly events: readonly TaskEvent[];
  /** Nothing follows, or the task waits for its caller: the stream closes. */
  readonly closes: boolean;
}

/** Follows the journal until the stream has to close, or the signal aborts. */
export async function* followTask(options: FollowOptions): AsyncGenerator<FollowedBatch, undefined> {
  const { store, blobs, id, contextId, after, signal } = options;
  for await (const batch of store.tail(taskJournal, id, after, signal)) {
    const events = batch.map((stored) => JSON.parse(stored.event) as TaskEvent);
    const items: SequencedItem[] = [];
    for (const [index, event] of events.entries()) {
      const item = toStreamItem(event, id, contextId);
      const sequence = batch[index]?.sequence ?? 0;
      if (item) items.push({ sequence, item: await blobs.attachItem(item) });
    }
    const closes = events.some((event, index) => closesStream(event) && events[index + 1]?.type !== 'redriven');
    if (items.length > 0) yield { items, events, closes };
    if (closes) return undefined;
  }
  return undefined;
}

/** A stream ends with its task, unless that was taken up again meanwhile, and when the agent asks its caller back; waiting for authorization leaves it open. */
function closesStream(event: TaskEvent): boolean {
  if (event.type === 'reply') return true;
  return (
    event.type === 'status' &&
    event.state !== 'working' &&
    event.state !== 'submitted' &&
    event.state !== 'auth-required'
  );
}
