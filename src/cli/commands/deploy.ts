import type { Command } from 'commander';
import { ParleyError } from '../../base/index.ts';
import type { ControlClient, DeploymentView, DeployRequest } from '../../control/index.ts';
import type { CommandContext } from '../command-context.ts';
import { prepareSource } from '../deploy-source.ts';
import { formatBytes } from '../format.ts';
import { collectVariable, parseCount, parseCpus, parseMemory, parseSeconds, parseWeight } from '../parse-options.ts';
import type { Runner } from '../runner.ts';

interface Options {
  readonly agent?: string;
  readonly id?: string;
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly sha256?: string;
  readonly upload?: boolean;
  readonly allowDowngrade?: boolean;
  readonly allowBuild?: boolean;
  readonly organization?: string;
  readonly beside?: boolean;
  readonly weight?: number;
  readonly memory?: number;
  readonly cpus?: number;
  readonly wait: boolean;
  readonly timeout?: number;
}

const examples = `
Examples:
  parley deploy ./my-agent                       run a folder
  parley deploy my-agent-0.1.0.apkg --replicas 2 run a package, twice
  parley deploy https://example.com/my-agent-0.1.0.apkg --sha256 DIGEST
  parley deploy ./my-agent --env KEY=value       with a variable, which is kept sealed
  parley deploy ./my-agent --beside --weight 0.1 next to the version that runs, for some of the calls`;

/** Adds `deploy`. */
export function addDeployCommand(program: Command, { run }: Runner): void {
  program
    .command('deploy')
    .description('run a package, a folder or what is at an http(s) address, and wait until it is healthy')
    .argument('<path>', 'a folder, an .apkg, or the http(s) address of one')
    .option('--agent <id>', "agent id; default: the package's name")
    .option('--id <id>', 'deployment id; default: the agent id and a short random suffix')
    .option('--replicas <count>', 'worker processes', parseCount)
    .option('--env <name=value>', 'a variable for the workers; may be given several times', collectVariable)
    .option('--sha256 <digest>', 'refuse the file when its digest is another one')
    .option('--upload', 'send it to the node; done by itself when the node is on another machine')
    .option('--allow-downgrade', 'take a version lower than the one that the agent has')
    .option('--allow-build', 'let what the package depends on run its own code while it is installed')
    .option('--organization <id>', 'what is installed is shared within it only')
    .option('--beside', "let the agent's other versions go on; the weights share the calls among them")
    .option('--weight <weight>', "its share of the agent's calls, against the others' (default 1)", parseWeight)
    .option(
      '--memory <amount>',
      'of all processes of one worker together, such as 256M; over it they are killed',
      parseMemory,
    )
    .option('--cpus <cores>', 'processor cores that one worker may use, such as 0.5', parseCpus)
    .option('--no-wait', 'return as soon as the node has accepted it')
    .option('--timeout <seconds>', 'how long to wait; default: until it is healthy or has failed', parseSeconds)
    .addHelpText('after', examples)
    .action(
      run<Options, [string]>((context, options, path) => {
        return context.useNode(async (client) => {
          const { upload = false } = options;
          const prepared = await prepareSource(context, client, { path, upload });
          const view = await client.deployments.deploy({ ...createRequest(options), ...prepared });
          const last = options.wait ? await waitUntilHealthy(context, client, view, options.timeout) : view;
          context.print(last, () => describe(last));
          return 0;
        });
      }),
    );
}

function createRequest(options: Options): Omit<DeployRequest, 'source'> {
  return {
    ...(options.agent !== undefined && { agentId: options.agent }),
    ...(options.id !== undefined && { deploymentId: options.id }),
    ...(options.replicas !== undefined && { replicas: options.replicas }),
    ...(options.env && { environment: options.env }),
    ...createLimits(options),
    ...(options.sha256 !== undefined && { packageSha256: options.sha256 }),
    ...(options.allowDowngrade && { allowDowngrade: true }),
    ...(options.allowBuild && { allowBuild: true }),
    ...(options.organization !== undefined && { organization: options.organization }),
    ...(options.beside && { strategy: 'beside' as const }),
    ...(options.weight !== undefined && { weight: options.weight }),
  };
}

function createLimits({ memory, cpus }: Options): Pick<DeployRequest, 'limits'> {
  if (memory === undefined && cpus === undefined) return {};
  return { limits: { ...(memory !== undefined && { memoryBytes: memory }), ...(cpus !== undefined && { cpus }) } };
}

async function waitUntilHealthy(
  context: CommandContext,
  client: ControlClient,
  accepted: DeploymentView,
  timeout: number | undefined,
): Promise<DeploymentView> {
  const { terminal, limit } = context;
  const signal = limit(timeout, `The deployment ${accepted.id}`);
  let shown = '';
  for await (const view of client.deployments.watch(accepted.id, signal)) {
    const progress = view.message === undefined ? view.status : `${view.status}: ${view.message}`;
    if (progress !== shown) terminal.note(terminal.noteColors.dim(`${view.id} ${progress}`));
    shown = progress;
    const { progress: bytes } = view.details;
    if (bytes !== undefined) terminal.status(formatProgress(bytes));
    if (view.status === 'healthy') return view;
    if (view.status === 'failed' || view.status === 'stopped') {
      for (const line of furtherLines(view)) terminal.note(terminal.noteColors.dim(line));
      throw notHealthy(view);
    }
  }
  throw ParleyError.from(signal.reason ?? new ParleyError('UNREACHABLE', 'The node stopped before it was healthy.'));
}

function formatProgress({ receivedBytes, totalBytes }: NonNullable<DeploymentView['details']['progress']>): string {
  if (!totalBytes) return `downloading ${formatBytes(receivedBytes)}`;
  const percent = Math.floor((receivedBytes / totalBytes) * 100);
  return `downloading ${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}, ${percent} %`;
}

/** What an installer wrote before it failed; the message itself is told with the error. */
function furtherLines({ message, details }: DeploymentView): readonly string[] {
  return details.error === undefined || details.error === message ? [] : details.error.split('\n').slice(1);
}

function notHealthy({ id, status, message }: DeploymentView): ParleyError {
  const reason = message === undefined ? '' : `: ${message.replace(/\.?$/, '.')}`;
  return new ParleyError(
    'WORKER_START_FAILED',
    `The deployment ${id} is ${status}${reason} "parley logs ${id}" has more.`,
  );
}

function describe({ id, agentId, packageId, status, warnings }: DeploymentView): string {
  const lines = [
    `${agentId} is ${status} (deployment ${id}${packageId === undefined ? '' : `, package ${packageId}`})`,
  ];
  return [...lines, ...warnings.map((warning) => `warning: ${warning}`)].join('\n');
}
