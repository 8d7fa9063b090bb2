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
            const [agents, deployments] = await Promise.all([client.agents.list(), client.deployments.list()]);
            context.print({ agents }, () => formatAgents(agents, deployments, context));
          }
          return 0;
        });
      }),
    );
}

function formatAgents(
  agents: readonly AgentView[],
  deployments: readonly DeploymentView[],
  { terminal }: CommandContext,
): string {
  if (agents.length === 0) return 'No agents. Deploy one with "parley deploy PATH".';
  const rows = agents.map((agent) => {
    const { id, status, inFlight, skills, reason } = agent;
    const versions = formatVersions(agent, deployments);
    return [id, status, versions, String(inFlight), skills.map((skill) => skill.id).join(', '), reason ?? ''];
  });
  return formatTable(['AGENT', 'STATUS', 'VERSION', 'BUSY', 'SKILLS', ''], rows, paintStatus(terminal.colors));
}

/** `1.0.0 90 %, 1.1.0 10 %` of versions side by side. */
function formatVersions(agent: AgentView, deployments: readonly DeploymentView[]): string {
  const sharing = deployments.filter(({ id, status }) => status === 'healthy' && agent.deployments.includes(id));
  const total = sharing.reduce((sum, { weight }) => sum + weight, 0);
  if (sharing.length < 2 || total === 0) return agent.version;
  const versionOf = ({ packageId }: DeploymentView): string => packageId?.split('@').at(-1) ?? '?';
  return sharing.map((view) => `${versionOf(view)} ${Math.round((100 * view.weight) / total)} %`).join(', ');
}

function formatDeployments(deployments: readonly DeploymentView[], { terminal }: CommandContext): string {
  if (deployments.length === 0) return 'No deployments. Make one with "parley deploy PATH".';
  const rows = deployments.map((view) => {
    const { id, agentId, packageId, replicas, weight, enabled, inFlight, message } = view;
    const figures = [replicas, weight].map(String);
    return [
      id,
      view.status,
      agentId,
      packageId ?? '',
      ...figures,
      enabled ? 'yes' : 'no',
      String(inFlight),
      message ?? '',
    ];
  });
  const head = ['DEPLOYMENT', 'STATUS', 'AGENT', 'PACKAGE', 'REPLICAS', 'WEIGHT', 'ENABLED', 'BUSY', ''];
  return formatTable(head, rows, paintStatus(terminal.colors));
}
