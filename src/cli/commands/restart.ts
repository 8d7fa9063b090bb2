import type { Command } from 'commander';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley restart analyst
  parley restart analyst-1f3a -o json`;

/** Adds `restart`. */
export function addRestartCommand(program: Command, { run }: Runner): void {
  program
    .command('restart')
    .description('new workers for a deployment, also for one that failed or was stopped')
    .argument('<id>', 'agent or deployment id')
    .addHelpText('after', examples)
    .action(
      run<object, [string]>((context, _, id) => {
        return context.useNode(async (client) => {
          const view = await client.deployments.restart(id);
          context.print(view, () => `${view.id} is ${view.status}`);
          return 0;
        });
      }),
    );
}
