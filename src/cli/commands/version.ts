import type { Command } from 'commander';
import { readProductVersion } from '../product-version.ts';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley version
  parley version -o json`;

/** Adds `version`. */
export function addVersionCommand(program: Command, { run }: Runner): void {
  program
    .command('version')
    .description('print the versions of this program and of the Node it runs on')
    .addHelpText('after', examples)
    .action(
      run<object, []>(async ({ print }) => {
        const versions = { name: 'parley', version: readProductVersion(), nodeVersion: process.version };
        print(versions, () => `parley ${versions.version} (Node ${versions.nodeVersion})`);
        return 0;
      }),
    );
}
