import type { Command } from 'commander';
import type { Runner } from '../runner.ts';
import { addTaskCancelCommand } from './task-cancel.ts';
import { addTaskGetCommand } from './task-get.ts';
import { addTaskListCommand } from './task-list.ts';
import { addTaskSubscribeCommand } from './task-subscribe.ts';

/** Adds `task` with its commands. */
export function addTaskCommands(program: Command, runner: Runner): void {
  const task = program.command('task').description('look at tasks, follow them, stop them').helpCommand(false);
  addTaskGetCommand(task, runner);
  addTaskListCommand(task, runner);
  addTaskCancelCommand(task, runner);
  addTaskSubscribeCommand(task, runner);
}
