import { resolve } from 'node:path';
import type { Command } from 'commander';
import { formatBytes } from '../format.ts';
import type { Runner } from '../runner.ts';

interface Options {
  readonly out?: string;
}

const examples = `
Examples:
  parley pack ./my-agent                   my-agent-0.1.0.apkg in this folder
  parley pack ./my-agent --out build/      in another folder`;

/** Adds `pack`. */
export function addPackCommand(program: Command, { run }: Runner): void {
  program
    .command('pack')
    .description('check a folder and make an .apkg of it')
    .argument('<folder>', 'the folder with agent.yaml')
    .option('--out <path>', 'file or existing folder; default: NAME-VERSION.apkg in this folder')
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>(async ({ print, terminal }, { out }, folder) => {
        const { packFolder } = await import('../../control/index.ts');
        const packed = await packFolder(resolve(folder), out);
        for (const warning of packed.warnings) terminal.note(`${terminal.noteColors.yellow('warning:')} ${warning}`);
        print(
          packed,
          () => `${packed.file}  ${formatBytes(packed.size)}  ${packed.files.length} files  sha256 ${packed.sha256}`,
        );
        return 0;
      }),
    );
}
