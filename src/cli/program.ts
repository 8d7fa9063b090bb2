import { Command, Option } from 'commander';
import type { AddCommands } from './load-commands.ts';
import { readProductVersion } from './product-version.ts';
import type { Runner } from './runner.ts';

const examples = `
Examples:
  parley up --examples                     start a node with the example agents
  parley list                              what runs
  parley send analyst --file sales.csv     give an agent work and see its answer
  parley deploy ./my-agent                 run your own`;

/**
 * The program with these commands. Parsing throws CommanderError instead of leaving the process; with `silent` it says nothing itself
 * of what is wrong with a command line.
 */
export function createProgram(runner: Runner, commands: readonly AddCommands[], silent = false): Command {
  const program = new Command('parley')
    .configureOutput(silent ? { writeErr: () => {} } : {})
    .description('Runs fleets of AI agents and lets them, and you, call one another.')
    .version(readProductVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show how it is used')
    .exitOverride()
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', examples);
  for (const add of commands) add(program, runner);
  for (const command of [program, ...leavesOf(program)]) addGlobalOptions(command);
  return program.helpCommand(false);
}

/** The commands that do something: groups are left out, what is in them is not. */
export function leavesOf(command: Command): readonly Command[] {
  return command.commands.flatMap((child) => (child.commands.length === 0 ? [child] : leavesOf(child)));
}

function addGlobalOptions(command: Command): void {
  command
    .addOption(new Option('-o, --format <format>', 'what stdout gets').choices(['text', 'json']))
    .option('--url <url>', 'address of the node (PARLEY_URL)')
    .option('--token <token>', "operator's token (PARLEY_TOKEN)")
    .option('--ca <file>', "authority of the node's certificate, for an https address (PARLEY_CA)")
    .option('--client-cert <file>', 'certificate that the command shows (PARLEY_CLIENT_CERT)')
    .option('--client-key <file>', 'its private key (PARLEY_CLIENT_KEY)')
    .option('--data-folder <folder>', 'where the node keeps its state (PARLEY_DATA; default ~/.parley)');
}
