import type { Command } from 'commander';
import type { PackageRegistryView, PackageView } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { formatBytes, formatTime, paintStatus } from '../format.ts';
import type { Runner } from '../runner.ts';
import { formatTable } from '../table.ts';

const listExamples = `
Examples:
  parley packages list          what is installed or kept in the cache; "parley packages" does the same
  parley packages list -o json`;

const refreshExamples = `
Examples:
  parley packages refresh       do not wait for the next look at packages.registry`;

/** Adds `packages` with its commands. */
export function addPackagesCommands(program: Command, runner: Runner): void {
  const packages = program.command('packages').description('the packages that the node has').helpCommand(false);
  addListCommand(packages, runner);
  addRefreshCommand(packages, runner);
}

function addListCommand(packages: Command, { run }: Runner): void {
  packages
    .command('list', { isDefault: true })
    .description('show the packages that are installed or kept in the cache')
    .addHelpText('after', listExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const found = await client.packages.list();
          context.print({ packages: found }, () => formatPackages(found, context));
          return 0;
        });
      }),
    );
}

function addRefreshCommand(packages: Command, { run }: Runner): void {
  packages
    .command('refresh')
    .description('look at the registry of packages now, and deploy what is new')
    .addHelpText('after', refreshExamples)
    .action(
      run<object, []>((context) => {
        return context.useNode(async (client) => {
          const registry = await client.packages.refresh();
          context.print(registry, () => formatRegistry(registry, context));
          return registry.error === undefined ? 0 : 1;
        });
      }),
    );
}

function formatPackages(packages: readonly PackageView[], { terminal }: CommandContext): string {
  if (packages.length === 0) return 'No packages. Deploy one with "parley deploy PATH".';
  const rows = packages.map((view) => {
    const where = [...(view.installed ? ['installed'] : []), ...(view.cached ? ['cached'] : [])].join(', ');
    const size = view.size === undefined ? '' : formatBytes(view.size);
    const used = view.lastUsedAtMs === undefined ? '' : formatTime(view.lastUsedAtMs);
    const origin = view.from ?? '';
    return [view.packageId ?? '?', where, view.digest.slice(0, 12), size, used, view.deployments.join(', '), origin];
  });
  const head = ['PACKAGE', 'WHERE', 'DIGEST', 'SIZE', 'USED', 'DEPLOYMENTS', 'FROM'];
  return formatTable(head, rows, (cell, _, row) => (row < 0 ? terminal.colors.dim(cell) : cell));
}

function formatRegistry({ source, error, problems, packages }: PackageRegistryView, context: CommandContext): string {
  const rows = packages.map(({ name, version, state, message }) => [name, state, version, message ?? '']);
  const table = formatTable(['AGENT', 'STATE', 'VERSION', ''], rows, paintStatus(context.terminal.colors));
  const notes = [...(error === undefined ? [] : [`error: ${error}`]), ...problems.map((text) => `warning: ${text}`)];
  return [`The registry of packages ${source}:`, table, ...notes].join('\n');
}
