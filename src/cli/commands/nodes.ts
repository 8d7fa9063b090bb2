import type { Command } from 'commander';
import type { FabricNodeView } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const examples = `
Examples:
  parley nodes                 which nodes share the store, and how they are
  parley nodes -o json         the same for a program`;

/** Adds `nodes`. */
export function addNodesCommand(program: Command, { run }: Runner): void {
  program
    .command('nodes')
    .description('show the nodes of the fabric')
    .addHelpText('after', examples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const nodes = await client.node.list();
          context.print({ nodes }, () =>
            formatTable(['NODE', 'STATE', 'ZONE', 'VERSION', 'SINCE', 'ADDRESS', 'URL'], nodes.map(toRow)),
          );
          return 0;
        });
      }),
    );
}

function toRow({ id, state, zone, version, startedAtMs, address, url, isSelf }: FabricNodeView): readonly string[] {
  return [isSelf ? `${id} (this one)` : id, state, zone || '-', version, formatTime(startedAtMs), address || '-', url];
}
