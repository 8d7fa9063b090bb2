import type { Command } from 'commander';
import { parseCount } from '../parse-options.ts';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley scale analyst 4         four worker processes
  parley scale analyst-1f3a 1    those that are too many finish their calls first`;

/** Adds `scale`. */
export function addScaleCommand(program: Command, { run }: Runner): void {
  program
    .command('scale')
    .description('change how many workers a deployment has')
    .argument('<id>', 'agent or deployment id')
    .argument('<replicas>', 'worker processes', parseCount)
    .addHelpText('after', examples)
    .action(
      run<object, [string, number]>((context, _, id, replicas) => {
        return context.useNode(async (client) => {
          const view = await client.changes.scale(id, replicas);
          context.print(view, () => `${view.id} has ${view.replicas} ${view.replicas === 1 ? 'replica' : 'replicas'}`);
          return 0;
        });
      }),
    );
}
