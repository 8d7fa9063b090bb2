import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentExecutor } from '../../agents/index.ts';
import type { InstalledPackage } from '../packages/install-package.ts';
import { createLaunchPlan, type LaunchPlan } from '../packages/launch-plan.ts';
import type { Guard } from '../supervisor/guard.ts';
import { ProgramPool } from '../supervisor/program-pool.ts';
import { WorkerPool } from '../supervisor/worker-pool.ts';
import type { WorkerLaunch } from '../supervisor/worker-process.ts';
import type { Workforce, WorkforceReport } from '../supervisor/workforce.ts';
import { workerProtocolVersion } from '../worker-protocol/frames.ts';
import type { Deployment } from './deployment.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';
import { createWorkerEnvironment } from './worker-environment.ts';

/** The hosts lie beside `src` in the sources and beside `dist` in the published form. */
const nodeHost = fileURLToPath(new URL('../../../node/parley-host.js', import.meta.url));
const pythonFolder = fileURLToPath(new URL('../../../python', import.meta.url));

export interface WorkforceRequest {
  readonly deployment: Deployment;
  readonly installed: InstalledPackage;
  readonly guard: Guard;
  readonly successor: () => AgentExecutor | undefined;
  readonly report: WorkforceReport;
}

type HostPlan = Extract<LaunchPlan, { kind: 'node' | 'python' }>;
type ProgramPlan = Extract<LaunchPlan, { kind: 'program' }>;

/** Prepares the workers of a deployment; nothing is started. */
export async function createWorkforce(options: ResolvedRuntimeOptions, request: WorkforceRequest): Promise<Workforce> {
  const { deployment, installed, guard, successor, report } = request;
  const { spec } = deployment.record;
  const plan = createLaunchPlan(installed.manifest);
  const environment = await createEnvironment(options, request);
  const common = {
    deploymentId: spec.id,
    defaultSkill: installed.manifest.defaultSkill,
    guard,
    clock: options.clock,
    settings: options.workers,
    log: deployment.log,
    successor,
    report,
  };
  if (plan.kind === 'program') {
    const launch = createProgramLaunch(options, { plan, installed, environment });
    const concurrency = Math.min(installed.manifest.concurrency, options.limits.programs);
    return new ProgramPool({ ...common, launch, concurrency, maxOutputBytes: options.limits.outputBytes });
  }
  const launch = createHostLaunch(options, { plan, request, environment });
  return new WorkerPool({ ...common, launch, policy: spec.restart, replicas: deployment.record.settings.replicas });
}

function createEnvironment(
  options: ResolvedRuntimeOptions,
  { deployment, installed }: WorkforceRequest,
): Promise<Readonly<Record<string, string>>> {
  const { id, agentId, sealedEnvironment } = deployment.record.spec;
  const url = options.fabricUrl();
  return createWorkerEnvironment({
    nodeEnvironment: options.nodeEnvironment,
    passEnv: options.passEnv,
    installed,
    deployment:
      sealedEnvironment === undefined
        ? {}
        : (JSON.parse(options.sealer.open(sealedEnvironment)) as Record<string, string>),
    fabric: {
      PAR_AGENT_ID: agentId,
      PAR_PACKAGE_ID: installed.packageId,
      PAR_PACKAGE_PATH: installed.folder,
      PAR_MODE: 'worker',
      PAR_SUPERVISOR_URL: url,
      PARLEY_URL: url,
      PARLEY_TOKEN: options.workerCredentials.issue({ agentId, deploymentId: id }),
      PARLEY_AGENT_ID: agentId,
      PARLEY_DEPLOYMENT_ID: id,
    },
  });
}

interface HostLaunchRequest {
  readonly plan: HostPlan;
  readonly request: WorkforceRequest;
  readonly environment: Readonly<Record<string, string>>;
}

function createHostLaunch(
  { interpreters, workers }: ResolvedRuntimeOptions,
  { plan, request, environment }: HostLaunchRequest,
): WorkerLaunch {
  const { folder, manifest } = request.installed;
  const { id, agentId } = request.deployment.record.spec;
  const init = {
    type: 'init',
    protocol: workerProtocolVersion,
    agentId,
    deploymentId: id,
    skills: plan.skills,
    concurrency: manifest.concurrency,
    maxFrameBytes: workers.maxFrameBytes,
  } as const;
  if (plan.kind === 'node') return { command: interpreters.node, args: [nodeHost], cwd: folder, environment, init };
  const python = withPythonPath(environment, [pythonFolder, folder, join(folder, 'src')]);
  return {
    command: interpreters.python,
    args: ['-u', '-m', 'parley_host'],
    cwd: folder,
    environment: python,
    init,
  };
}

interface ProgramLaunchRequest {
  readonly plan: ProgramPlan;
  readonly installed: InstalledPackage;
  readonly environment: Readonly<Record<string, string>>;
}

function createProgramLaunch(
  { interpreters }: ResolvedRuntimeOptions,
  { plan, installed, environment }: ProgramLaunchRequest,
): ConstructorParameters<typeof ProgramPool>[0]['launch'] {
  const { folder } = installed;
  const [first = '', ...args] = plan.command.map((word) =>
    word === '{python}' ? interpreters.python : word === '{node}' ? interpreters.node : word,
  );
  return {
    command: first,
    args,
    cwd: join(folder, plan.cwdRelative),
    environment: withPythonPath(environment, [folder, join(folder, 'src')]),
    skills: plan.skills,
  };
}

function withPythonPath(
  environment: Readonly<Record<string, string>>,
  folders: readonly string[],
): Readonly<Record<string, string>> {
  const own = environment['PYTHONPATH'];
  const path = [...folders, ...(own === undefined ? [] : [own])].join(delimiter);
  return { ...environment, PYTHONPATH: path, PYTHONUNBUFFERED: '1' };
}
