import type { Command } from 'commander';
import type { NodeOverview } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import type { Runner } from '../runner.ts';
import { formatFields } from '../table.ts';

const examples = `
Examples:
  parley status
  parley status --url http://127.0.0.1:9000 -o json`;

/** Adds `status`. */
export function addStatusCommand(program: Command, { run }: Runner): void {
  program
    .command('status')
    .description('show how the node is')
    .addHelpText('after', examples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const status = await client.node.status();
          context.print(status, () => formatStatus(status));
          return 0;
        });
      }),
    );
}

function formatStatus(status: NodeOverview): string {
  const deployments = Object.entries(status.deployments).map(([state, count]) => `${count} ${state}`);
  return formatFields([
    ['node', `${status.url} (${status.phase})`],
    ['gRPC', status.grpcAddress ?? 'no port'],
    ['version', `${status.version}, Node ${status.nodeVersion}`],
    ['process', `${status.pid}, since ${formatTime(status.startedAtMs)}`],
    ['data', status.dataFolder],
    ['agents', `${status.agents.total}, ${status.agents.healthy} healthy`],
    ['deployments', deployments.join(', ') || 'none'],
    ...status.missingPorts.map(({ deploymentId, port, reason }): [string, string] => {
      return ['warning', `port ${port} of ${deploymentId} cannot be had (${reason}); it is tried again`];
    }),
  ]);
}
