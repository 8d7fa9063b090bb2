import type { Command } from 'commander';
import type { Finding } from '../../app/index.ts';
import { exitCodes } from '../exit-code.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

interface Options {
  readonly config?: string;
}

const examples = `
Examples:
  parley doctor                          what a node would find on this machine
  parley doctor --data-folder /srv/parley
  parley doctor -o json`;

/** Adds `doctor`. */
export function addDoctorCommand(program: Command, { run }: Runner): void {
  program
    .command('doctor')
    .description('check what a node needs and what holds agents in their place here')
    .option('--config <file>', 'settings; default: config.yaml in the data folder')
    .addHelpText('after', examples)
    .action(
      run<Options, []>(async ({ dataFolder, environment, print }, { config }) => {
        const { runDoctor } = await import('../../app/index.ts');
        const flags = { dataFolder };
        const findings = await runDoctor({ flags, environment, ...(config !== undefined && { file: config }) });
        const healthy = findings.every(({ level }) => level !== 'failed');
        print({ healthy, findings }, () => format(findings));
        return healthy ? exitCodes.ok : exitCodes.failure;
      }),
    );
}

function format(findings: readonly Finding[]): string {
  const rows = findings.map(({ level, check, finding, advice }) => {
    return [level, check, advice === undefined ? finding : `${finding} ${advice}`];
  });
  return formatTable(['', 'CHECK', 'FINDING'], rows);
}
