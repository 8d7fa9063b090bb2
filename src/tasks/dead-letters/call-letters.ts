import { type Clock, hasCode, ParleyError } from '../../base/index.ts';
import type { CallLetter, CallLetterDetail, LetterKind } from '../../resilience/index.ts';
import type { Store } from '../../store/index.ts';
import type { ActiveTasks } from '../active-tasks.ts';
import type { TaskBlobs } from '../blobs.ts';
import type { Dispatcher } from '../dispatcher.ts';
import { type TaskEvent, taskJournal } from '../events.ts';
import type { TaskState } from '../fold.ts';
import { loadTaskState } from '../reader.ts';
import { type NodeSeat, toRefusal } from '../seat.ts';

export interface CallLettersOptions {
  readonly store: Store;
  readonly blobs: Pick<TaskBlobs, 'attach'>;
  readonly active: Pick<ActiveTasks, 'get' | 'add'>;
  readonly dispatcher: Pick<Dispatcher, 'reserve' | 'enqueue'>;
  readonly seat: NodeSeat | undefined;
  readonly clock: Clock;
  /** A task goes on that had ended. */
  readonly onReopened: (taskId: string) => Promise<void>;
}

/** How the dead letters of tasks are told of in full, and how a task comes back from the dead. */
export function createCallLetters(options: CallLettersOptions): LetterKind<CallLetter> {
  return {
    describe: (letter) => describeLetter(letter, options),
    redrive: ({ id }, by) => redrive(id, by, options),
  };
}

async function redrive(taskId: string, by: string, options: CallLettersOptions): Promise<void> {
  const { store, active, dispatcher, clock, seat } = options;
  const state = await requireTask(store, taskId);
  if (active.get(taskId) || state.status.state !== 'failed') throw redrivenElsewhere(taskId);
  refuseInVain(state, dispatcher);
  const task = active.add(taskId, state);
  task.record({ type: 'redriven', at: clock.now(), by, ...(seat && { node: seat.life() }) });
  try {
    await task.flush();
  } catch (thrown) {
    throw hasCode(thrown, 'VERSION_CONFLICT') ? redrivenElsewhere(taskId, thrown) : toRefusal(thrown);
  }
  await options.onReopened(taskId);
  dispatcher.enqueue(task);
}

/** What would refuse a new task refuses this one, and it stays a dead letter. */
function refuseInVain({ submitted }: TaskState, dispatcher: CallLettersOptions['dispatcher']): void {
  dispatcher.reserve(submitted.agentId, undefined, { skill: submitted.skill })?.release();
}

async function describeLetter(letter: CallLetter, { store, blobs }: CallLettersOptions): Promise<CallLetterDetail> {
  const { id: taskId } = letter;
  const { submitted } = await requireTask(store, taskId);
  const { message, metadata } = submitted;
  const events = await readMilestones(store, taskId);
  return {
    ...letter,
    message: { ...message, parts: await blobs.attach(message.parts) },
    ...(metadata && { metadata }),
    dispatches: events.flatMap((event) => {
      if (event.type !== 'dispatched') return [];
      return [{ atMs: event.at, endpointId: event.endpointId, attempt: event.attempt }];
    }),
    redrivenAtMs: events.flatMap((event) => (event.type === 'redriven' ? [event.at] : [])),
  };
}

const pageSize = 200;

async function readMilestones(store: Store, taskId: string): Promise<readonly TaskEvent[]> {
  const found: TaskEvent[] = [];
  for (let after = 0; ; ) {
    const page = await store.read(taskJournal, taskId, after, pageSize);
    const events = page.map(({ event }) => JSON.parse(event) as TaskEvent);
    found.push(...events.filter(({ type }) => type === 'dispatched' || type === 'redriven'));
    if (page.length < pageSize) return found;
    after = page.at(-1)?.sequence ?? after;
  }
}

async function requireTask(store: Store, taskId: string): Promise<TaskState> {
  const state = await loadTaskState(store, taskId, true);
  if (state) return state;
  throw new ParleyError('NOT_FOUND', `Task ${taskId} is no longer kept; its dead letter can only be discarded.`);
}

function redrivenElsewhere(taskId: string, cause?: unknown): ParleyError {
  return new ParleyError('CONFLICT', `Task ${taskId} is being tried again already.`, { cause, details: { taskId } });
}
