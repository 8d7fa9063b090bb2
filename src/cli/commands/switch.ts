import type { Command } from 'commander';
import type { ControlClient, DeploymentView } from '../../control/index.ts';
import type { Runner } from '../runner.ts';

interface Switch {
  readonly name: 'enable' | 'disable';
  readonly description: string;
  readonly change: (client: ControlClient, id: string) => Promise<readonly DeploymentView[]>;
}

/** Adds `enable`. */
export function addEnableCommand(program: Command, runner: Runner): void {
  const description = 'let an agent, or one deployment, take calls again';
  addSwitch(program, runner, { name: 'enable', description, change: (client, id) => client.changes.enable(id) });
}

/** Adds `disable`. */
export function addDisableCommand(program: Command, runner: Runner): void {
  const description = 'refuse new calls to an agent, or one deployment; those under way go on';
  addSwitch(program, runner, { name: 'disable', description, change: (client, id) => client.changes.disable(id) });
}

function addSwitch(program: Command, { run }: Runner, { name, description, change }: Switch): void {
  program
    .command(name)
    .description(description)
    .argument('<id>', 'agent id for all of its deployments that run, or a deployment id')
    .addHelpText('after', `\nExamples:\n  parley ${name} analyst\n  parley ${name} analyst-1f3a -o json`)
    .action(
      run<object, [string]>((context, _, id) => {
        return context.useNode(async (client) => {
          const deployments = await change(client, id);
          context.print({ deployments }, () => deployments.map(describe).join('\n'));
          return 0;
        });
      }),
    );
}

function describe({ id, enabled, inFlight }: DeploymentView): string {
  if (enabled) return `${id} is enabled`;
  return `${id} is disabled${inFlight === 0 ? '' : `; calls that go on: ${inFlight}`}`;
}
