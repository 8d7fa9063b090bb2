import { Argument, type Command } from 'commander';
import { formatBashCompletion, formatFishCompletion, formatZshCompletion } from '../completion-scripts.ts';
import type { Runner } from '../runner.ts';

const scripts = { bash: formatBashCompletion, zsh: formatZshCompletion, fish: formatFishCompletion };

const examples = `
Examples:
  source <(parley completion bash)                             bash, zsh: in this shell
  parley completion fish > ~/.config/fish/completions/parley.fish`;

/** Adds `completion`. */
export function addCompletionCommand(program: Command, { run }: Runner): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(Object.keys(scripts)))
    .addHelpText('after', examples)
    .action(
      run<object, [keyof typeof scripts]>(async ({ print }, _, shell) => {
        const script = scripts[shell](program);
        print({ shell, script }, () => script.trimEnd());
        return 0;
      }),
    );
}
