import { ParleyError } from '../base/index.ts';
import type { TaskEvent } from './events.ts';
import { applyEvent, createTaskState, type TaskState } from './fold.ts';

/**
 * The state that a task's document must show after these events, without contents; undefined when it need not change. `base`:
 * the state before them, undefined for a new task.
 */
export function previewState(
  id: string,
  base: TaskState | undefined,
  events: readonly TaskEvent[],
): TaskState | undefined {
  const last = events.findLast(changesStatus);
  if (!last) return undefined;
  const [first] = events;
  const before = base ?? (first?.type === 'submitted' ? createTaskState(id, first) : undefined);
  if (!before) throw new ParleyError('INTERNAL', `The journal of task ${id} must begin with its submission.`);
  const preview = { ...before, history: [], artifacts: new Map(), answers: [] };
  for (const event of events) {
    if (event.type === 'taken' || (event === last && event.type !== 'submitted')) applyEvent(preview, event);
  }
  return preview;
}

function changesStatus({ type }: TaskEvent): boolean {
  return milestones.has(type);
}

const milestones: ReadonlySet<TaskEvent['type']> = new Set([
  'submitted',
  'dispatched',
  'status',
  'reply',
  'taken',
  'redriven',
]);
