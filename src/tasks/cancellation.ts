import { type Clock, ParleyError } from '../base/index.ts';
import type { ActiveTask } from './active-task.ts';
import type { ActiveTasks } from './active-tasks.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface CancellationOptions {
  readonly active: ActiveTasks;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/** Cancels the task: its work is stopped, and so is all that it has started in other agents, down the chain of calls. */
export function cancelTask(task: ActiveTask, by: string, options: CancellationOptions): void {
  const { active, dispatcher, clock } = options;
  task.record({ type: 'cancel', at: clock.now(), by });
  const run = dispatcher.runOf(task.id);
  if (run === undefined) {
    dispatcher.remove(task);
    task.record({ type: 'status', at: clock.now(), state: 'canceled' });
    return;
  }
  run.cancel(new ParleyError('CANCELED', `Task ${task.id} was cancelled.`));
  for (const started of active.startedBy(run.chain.invocationId)) cancelTask(started, by, options);
}
