import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import type { Runner } from '../runner.ts';

interface Options {
  readonly template: string;
  readonly folder?: string;
}

const templatesFolder = fileURLToPath(new URL('../../../templates', import.meta.url));

const examples = `
Examples:
  parley init my-agent                     a Node agent in ./my-agent
  parley init my-agent --template python   a Python agent
  parley init my-agent --template stdio    any program that reads stdin and writes stdout`;

/** Adds `init`. */
export function addInitCommand(program: Command, { run }: Runner): void {
  program
    .command('init')
    .description('make a new agent that runs at once')
    .argument('<name>', 'lower-case letters, digits and "-"')
    .addOption(
      new Option('--template <template>', 'what to begin with').choices(['node', 'python', 'stdio']).default('node'),
    )
    .option('--folder <folder>', 'where to put it; default: a new folder of that name')
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>(async ({ print }, { template, folder }, name) => {
        const { initPackage } = await import('../../control/index.ts');
        const target = resolve(folder ?? name);
        const files = await initPackage({ name, template, folder: target, templatesFolder });
        const next = [`parley deploy ${folder ?? name}`, `parley send ${name} "hello"`];
        print({ name, template, folder: target, files, next }, () => {
          return [`Made ${name} in ${target}: ${files.join(', ')}.`, 'Next:', ...next.map((line) => `  ${line}`)].join(
            '\n',
          );
        });
        return 0;
      }),
    );
}
