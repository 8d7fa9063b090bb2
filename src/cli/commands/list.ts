import type { Command } from 'commander';
import type { AgentView, DeploymentView } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { paintStatus } from '../format.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

interface Options {
  readonly deployments?: boolean;
}

const examples = `
Examples:
  parley list                  the agents
  parley list --deployments    what is deployed, also what failed or was stopped
  parley list -o json`;

/** Adds `list`. */
export function addListCommand(program: Command, { run }: Runner): void {
  program
    .command('list')
    .description('show the agents, or the deployments')
    .option('--deployments', 'deployments instead of agents')
    .addHelpText('after', examples)
    .action(
      run<Options, []>((context, options) => {
        return context.useNode(async (client) => {
          if (options.deployments) {
            const deployments = await client.deployments.list();
            context.print({ deployments }, () => formatDeployments(deployments, context));
          } else {
            const agents = await client.agents.list();
            context.print({ agents }, () => formatAgents(agents, context));
          }
          return 0;
        });
      }),
    );
}

function formatAgents(agents: readonly AgentView[], { terminal }: CommandContext): string {
  if (agents.length === 0) return 'No agents. Deploy one with "parley deploy PATH".';
  const rows = agents.map(({ id, status, version, inFlight, skills, reason }) => {
    return [id, status, version, String(inFlight), skills.map((skill) => skill.id).join(', '), reason ?? ''];
  });
  return formatTable(['AGENT', 'STATUS', 'VERSION', 'CALLS', 'SKILLS', ''], rows, paintStatus(terminal.colors));
}

function formatDeployments(deployments: readonly DeploymentView[], { terminal }: CommandContext): string {
  if (deployments.length === 0) return 'No deployments. Make one with "parley deploy PATH".';
  const rows = deployments.map(({ id, status, agentId, packageId, replicas, message }) => {
    return [id, status, agentId, packageId ?? '', String(replicas), message ?? ''];
  });
  const head = ['DEPLOYMENT', 'STATUS', 'AGENT', 'PACKAGE', 'REPLICAS', ''];
  return formatTable(head, rows, paintStatus(terminal.colors));
}
