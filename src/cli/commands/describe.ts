import type { Command } from 'commander';
import { hasCode, ParleyError } from '../../base/index.ts';
import type { AgentView, ControlClient, DeploymentView, HistoryEntry } from '../../control/index.ts';
import { formatTime } from '../format.ts';
import { formatSchema } from '../format-schema.ts';
import type { Runner } from '../runner.ts';
import { formatFields, formatTable } from '../table.ts';

const examples = `
Examples:
  parley describe analyst
  parley describe analyst -o json`;

/** Adds `describe`. */
export function addDescribeCommand(program: Command, { run }: Runner): void {
  program
    .command('describe')
    .description('show an agent with its skills, its deployments and its earlier versions')
    .argument('<id>', 'agent or deployment id')
    .addHelpText('after', examples)
    .action(
      run<object, [string]>((context, _, id) => {
        return context.useNode(async (client) => {
          const agent = await findAgent(client, id);
          const deployments = await findDeployments(client, agent?.deployments ?? [id]);
          const history = deployments.length === 0 ? [] : await client.changes.history(id);
          context.print({ agent: agent ?? null, deployments, history }, () => {
            const described = [...(agent ? [formatAgent(agent)] : []), ...deployments.map(formatDeployment)];
            return [...described, ...(history.length > 1 ? [formatHistory(history)] : [])].join('\n\n');
          });
          return 0;
        });
      }),
    );
}

// A deployment that never got ready is no agent yet; it is described all the same.
async function findAgent(client: ControlClient, id: string): Promise<AgentView | undefined> {
  try {
    return await client.agents.describe(id);
  } catch (thrown) {
    if (!hasCode(thrown, 'AGENT_NOT_FOUND')) throw ParleyError.from(thrown);
    await client.deployments.get(id).catch(() => {
      throw ParleyError.from(thrown);
    });
    return undefined;
  }
}

async function findDeployments(client: ControlClient, ids: readonly string[]): Promise<readonly DeploymentView[]> {
  const all = await client.deployments.list();
  return all.filter((view) => ids.includes(view.id) || ids.includes(view.agentId));
}

function formatAgent(agent: AgentView): string {
  const fields = formatFields([
    ['agent', agent.id],
    ['name', agent.name],
    ['version', agent.version],
    ['status', agent.reason === undefined ? agent.status : `${agent.status}: ${agent.reason}`],
    ['about', agent.description],
    ['url', agent.url],
    ['takes', agent.inputModes.join(', ')],
    ['gives', agent.outputModes.join(', ')],
  ]);
  if (agent.skills.length === 0) return fields;
  const rows = agent.skills.map(({ id, description }) => [id, id === agent.defaultSkill ? 'default' : '', description]);
  return [fields, formatTable(['SKILL', '', 'ABOUT'], rows), ...formatSchemas(agent)].join('\n\n');
}

function formatSchemas({ skills }: AgentView): readonly string[] {
  const rows = skills.flatMap(({ id, inputSchema, outputSchema }) => [
    ...(inputSchema ? [[id, 'input', formatSchema(inputSchema)]] : []),
    ...(outputSchema ? [[id, 'output', formatSchema(outputSchema)]] : []),
  ]);
  return rows.length === 0 ? [] : [formatTable(['SKILL', '', 'SCHEMA'], rows)];
}

function formatDeployment(view: DeploymentView): string {
  const fields = formatFields([
    ['deployment', view.id],
    ['status', view.message === undefined ? view.status : `${view.status}: ${view.message}`],
    ['package', view.packageId ?? ''],
    ['source', formatSource(view.source)],
    ['since', formatTime(view.createdAtMs)],
    ['replicas', String(view.replicas)],
    ['weight', String(view.weight)],
    ...(view.enabled ? [] : [['enabled', 'no: it takes no new calls'] as const]),
    ...formatServed(view).map((served) => ['serves', served] as const),
    ...formatLimits(view),
    ['busy', formatBusy(view)],
    ...view.warnings.map((warning): [string, string] => ['warning', warning]),
  ]);
  if (view.workers.length === 0) return fields;
  const rows = view.workers.map(({ id, pid, state, inFlight, memoryBytes, restarts, lastExit }) => {
    const memory = memoryBytes === undefined ? '' : formatMebibytes(memoryBytes);
    return [id, state, String(pid ?? ''), String(inFlight), memory, String(restarts), lastExit ?? ''];
  });
  return `${fields}\n\n${formatTable(['WORKER', 'STATE', 'PID', 'CALLS', 'MEMORY', 'RESTARTS', 'LAST EXIT'], rows)}`;
}

/** What its workers may use, each. */
function formatLimits({ limits: { memoryBytes, cpus } }: DeploymentView): readonly (readonly [string, string])[] {
  const limits = [
    ...(memoryBytes === undefined ? [] : [`${formatMebibytes(memoryBytes)} of memory`]),
    ...(cpus === undefined ? [] : [`${cpus} processor cores`]),
  ];
  return limits.length === 0 ? [] : [['limits', `${limits.join(', ')} for each worker`]];
}

/** As `--memory` takes it. */
function formatMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)}M`;
}

/** What it serves beside A2A, and on which port. */
function formatServed({ surfaces, ports }: DeploymentView): readonly string[] {
  const served = [...(surfaces.rest ? ['routes'] : []), ...(surfaces.ui ? ['a page'] : [])];
  return ports === undefined || served.length === 0 ? [] : [`${served.join(' and ')}, on port ${ports.http}`];
}

function formatBusy({ inFlight, lastActivityAtMs }: DeploymentView): string {
  if (inFlight > 0) return `${inFlight} calls under way`;
  return lastActivityAtMs === undefined ? 'no' : `no, last at ${formatTime(lastActivityAtMs)}`;
}

function formatHistory(history: readonly HistoryEntry[]): string {
  const rows = history.map(({ key, status, version, current, rolledBack, createdAtMs, message }) => {
    return [
      key,
      status,
      version,
      rolledBack ? 'rolled back' : current ? 'current' : '',
      formatTime(createdAtMs),
      message ?? '',
    ];
  });
  return formatTable(['HISTORY', 'STATUS', 'VERSION', '', 'DEPLOYED', ''], rows);
}

function formatSource(source: DeploymentView['source']): string {
  if (source.kind === 'url') return source.url;
  return source.kind === 'upload' ? `upload ${source.sha256}` : source.path;
}
