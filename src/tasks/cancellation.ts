import { type Clock, ParleyError } from '../base/index.ts';
import type { ActiveTask } from './active-task.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface CancellationOptions {
  /** Knows the tasks that an invocation has begun in other agents. */
  readonly active: { startedBy(invocationId: string): readonly ActiveTask[] };
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/** Cancels the task: its work is stopped, and so is all that it has started in other agents, down the chain of calls. */
export function cancelTask(task: ActiveTask, by: string, options: CancellationOptions): void {
  task.record({ type: 'cancel', at: options.clock.now(), by });
  stopWork(task, by, options);
}

/** Cancels a task in whose journal the command is already. */
export function stopWork(task: ActiveTask, by: string, options: CancellationOptions): void {
  const { dispatcher, clock } = options;
  const run = dispatcher.runOf(task.id);
  if (run === undefined) {
    dispatcher.remove(task);
    task.record({ type: 'status', at: clock.now(), state: 'canceled' });
    return;
  }
  run.cancel(new ParleyError('CANCELED', `Task ${task.id} was cancelled.`));
  cancelStarted(run.chain.invocationId, by, options);
}

/** Cancels what an invocation has started in other agents. */
export function cancelStarted(invocationId: string, by: string, options: CancellationOptions): void {
  for (const started of options.active.startedBy(invocationId)) cancelTask(started, by, options);
}
