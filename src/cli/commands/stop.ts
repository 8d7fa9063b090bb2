import type { Command } from 'commander';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley stop analyst
  parley stop analyst-1f3a -o json`;

/** Adds `stop`. */
export function addStopCommand(program: Command, { run }: Runner): void {
  program
    .command('stop')
    .description('finish the calls under way, then end the workers of a deployment')
    .argument('<id>', 'agent or deployment id')
    .addHelpText('after', examples)
    .action(
      run<object, [string]>((context, _, id) => {
        const { terminal } = context;
        terminal.note(terminal.noteColors.dim(`${id}: waiting for the calls under way`));
        return context.useNode(async (client) => {
          const view = await client.deployments.stop(id);
          context.print(view, () => `${view.id} is ${view.status}`);
          return 0;
        });
      }),
    );
}
