import type { Command } from 'commander';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley task cancel 0190a1b2-…`;

/** Adds `task cancel`. */
export function addTaskCancelCommand(task: Command, { run }: Runner): void {
  task
    .command('cancel')
    .description('stop the work of a task')
    .argument('<id>', 'task id')
    .addHelpText('after', examples)
    .action(
      run<object, [string]>((context, _, id) => {
        return context.useNode(async (client) => {
          const task = await client.tasks.cancel(id);
          context.print(task, () => `${task.id} is ${task.state}`);
          return 0;
        });
      }),
    );
}
