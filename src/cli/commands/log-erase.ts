import type { Command } from 'commander';
import type { LogErasure } from '../../control/index.ts';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley log erase --party key:ci --dry-run         what there is of a caller
  parley log erase --party key:ci                   takes it away, for good`;

/** Adds `erase` to `log`. */
export function addEraseCommand(log: Command, { run }: Runner): void {
  log
    .command('erase')
    .description("take one party's data away, for good; that of others stays readable")
    .requiredOption('--party <id>', 'the principal that began the calls, such as anonymous or key:ci')
    .option('--dry-run', 'say what would be taken away, and do nothing')
    .addHelpText('after', examples)
    .action(
      run<{ party: string; dryRun?: boolean }, []>((context, { party, dryRun = false }) => {
        return context.useNode(async (client) => {
          const erasure = await client.replay.erase(party, dryRun);
          context.print({ party, isDry: dryRun, ...erasure }, () => format(erasure, party, dryRun));
          return 0;
        });
      }),
    );
}

function format({ keys, tasks, negotiations, open }: LogErasure, party: string, isDry: boolean): string {
  const verb = isDry ? 'would be' : 'are';
  const ended = `${tasks} ended tasks, and the contents of ${negotiations} ended negotiations, of ${party} ${verb} gone from the store.`;
  const sealed = `What the log has of ${party} ${isDry ? 'could' : 'can'} not be read any more.`;
  const plain = `Nothing of ${party} was sealed in the log: what is there stays until its retention ends (log.sealed, market.sealed).`;
  const left = open.map((id) => `  ${id} still goes on, and stays`);
  return [ended, keys > 0 ? sealed : plain, ...left].join('\n');
}
