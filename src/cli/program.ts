import { Command, Option } from 'commander';
import { addAgentsCommands } from './commands/agents.ts';
import { addBreakerCommands } from './commands/breaker.ts';
import { addBridgeCommands } from './commands/bridge.ts';
import { addCompletionCommand } from './commands/completion.ts';
import { addDeployCommand } from './commands/deploy.ts';
import { addDescribeCommand } from './commands/describe.ts';
import { addDevCommand } from './commands/dev.ts';
import { addDlqCommands } from './commands/dlq.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addInitCommand } from './commands/init.ts';
import { addKeyCommands } from './commands/keys.ts';
import { addListCommand } from './commands/list.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addNodesCommand } from './commands/nodes.ts';
import { addPackCommand } from './commands/pack.ts';
import { addPackagesCommands } from './commands/packages.ts';
import { addRestartCommand } from './commands/restart.ts';
import { addRollbackCommand } from './commands/rollback.ts';
import { addScaleCommand } from './commands/scale.ts';
import { addSendCommand } from './commands/send.ts';
import { addSigningCommands } from './commands/signing.ts';
import { addStatusCommand } from './commands/status.ts';
import { addStopCommand } from './commands/stop.ts';
import { addDisableCommand, addEnableCommand } from './commands/switch.ts';
import { addTaskCommands } from './commands/task.ts';
import { addUpCommand } from './commands/up.ts';
import { addValidateCommand } from './commands/validate.ts';
import { addVerifyCardCommand } from './commands/verify-card.ts';
import { addVersionCommand } from './commands/version.ts';
import { addWebhookCommands } from './commands/webhooks.ts';
import { addWeightsCommand } from './commands/weights.ts';
import { readProductVersion } from './product-version.ts';
import type { Runner } from './runner.ts';

const examples = `
Examples:
  parley up --examples                     start a node with the example agents
  parley list                              what runs
  parley send analyst --file sales.csv     give an agent work and see its answer
  parley deploy ./my-agent                 run your own`;

/** All commands. Parsing throws CommanderError instead of leaving the process. */
export function createProgram(runner: Runner): Command {
  const program = new Command('parley')
    .description('Runs fleets of AI agents and lets them, and you, call one another.')
    .version(readProductVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show how it is used')
    .exitOverride()
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', examples);
  const adders = [
    addUpCommand,
    addInitCommand,
    addDevCommand,
    addPackCommand,
    addValidateCommand,
    addSigningCommands,
    addVerifyCardCommand,
    addDeployCommand,
    addPackagesCommands,
    addListCommand,
    addAgentsCommands,
    addDescribeCommand,
    addLogsCommand,
    addSendCommand,
    addTaskCommands,
    addWebhookCommands,
    addDlqCommands,
    addBreakerCommands,
    addKeyCommands,
    addBridgeCommands,
    addStopCommand,
    addRestartCommand,
    addScaleCommand,
    addRollbackCommand,
    addWeightsCommand,
    addEnableCommand,
    addDisableCommand,
    addNodesCommand,
    addStatusCommand,
    addDoctorCommand,
    addVersionCommand,
    addCompletionCommand,
  ];
  for (const add of adders) add(program, runner);
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
