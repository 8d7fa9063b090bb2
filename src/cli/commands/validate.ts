import type { Command } from 'commander';
import { ParleyError } from '../../base/index.ts';
import { findPackageSource } from '../package-source.ts';
import type { Runner } from '../runner.ts';

const examples = `
Examples:
  parley validate ./my-agent
  parley validate my-agent-0.1.0.apkg -o json`;

/** Adds `validate`. */
export function addValidateCommand(program: Command, { run }: Runner): void {
  program
    .command('validate')
    .description('check a package or a folder without running it')
    .argument('<path>', 'a folder or an .apkg')
    .addHelpText('after', examples)
    .action(
      run<object, [string]>(async ({ print, terminal, json }, _, path) => {
        const { readPackage } = await import('../../control/index.ts');
        try {
          const { manifest, digest, warnings } = await readPackage(await findPackageSource(path));
          const skills = manifest.skills.map(({ id }) => id);
          for (const warning of warnings) terminal.note(`${terminal.noteColors.yellow('warning:')} ${warning}`);
          print({ valid: true, packageId: manifest.packageId, digest, skills, warnings }, () => {
            return `${path} is valid: ${manifest.packageId}, skills: ${skills.join(', ') || 'none'}`;
          });
          return 0;
        } catch (thrown) {
          const { code, message, details } = ParleyError.from(thrown);
          if (json) print({ valid: false, error: { code, message, details } }, () => '');
          throw ParleyError.from(thrown);
        }
      }),
    );
}
