import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AgentExecutor } from '../../agents/index.ts';
import type { EnvironmentRequest, Environments, PreparedEnvironment } from '../environments/prepare-environment.ts';
import type { InstalledPackage } from '../packages/install-package.ts';
import { createLaunchPlan, type HostPlan, type ProgramPlan } from '../packages/launch-plan.ts';
import type { PreparedPython } from '../python-agent/python-backend.ts';
import type { Confinement } from '../supervisor/confinement.ts';
import type { Guard } from '../supervisor/guard.ts';
import { createMixedWorkforce } from '../supervisor/mixed-workforce.ts';
import { createPageOnly } from '../supervisor/page-only.ts';
import { ProgramPool } from '../supervisor/program-pool.ts';
import type { SocketFolders } from '../supervisor/socket-folders.ts';
import { WorkerPool } from '../supervisor/worker-pool.ts';
import type { WorkerLaunch } from '../supervisor/worker-process.ts';
import type { Workforce, WorkforceReport } from '../supervisor/workforce.ts';
import { workerProtocolVersion } from '../worker-protocol/frames.ts';
import { confineWorkforce, heapOptions, openBuildPlace } from './confine-workforce.ts';
import type { Deployment } from './deployment.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';
import { createWorkerEnvironment, pickAllowed } from './worker-environment.ts';

/** The hosts lie beside `src` in the sources and beside `dist` in the published form. */
const nodeHost = fileURLToPath(new URL('../../../node/parley-host.js', import.meta.url));
const pythonFolder = fileURLToPath(new URL('../../../python', import.meta.url));
const hostFiles = [nodeHost, join(pythonFolder, 'parley_host', '__main__.py')];

export interface WorkforceRequest {
  readonly deployment: Deployment;
  readonly installed: InstalledPackage;
  readonly guard: Guard;
  readonly sockets: SocketFolders;
  readonly environments: Environments;
  readonly successor: () => AgentExecutor | undefined;
  readonly report: WorkforceReport;
}

/** Prepares the workers of a deployment, and what the package depends on; no worker is started. */
export async function createWorkforce(given: ResolvedRuntimeOptions, request: WorkforceRequest): Promise<Workforce> {
  const { deployment, installed, report } = request;
  const plan = createLaunchPlan(installed.manifest);
  if (plan.kind === 'page') return createPageOnly(deployment.record.spec.id, report);
  const prepared = await prepareDependencies(given, request, plan);
  const options = withInterpreter(given, prepared);
  const place = await confineWorkforce(options, { deployment, installed, plan, prepared, files: hostFiles });
  const { confinement } = place;
  const variables = { ...prepared.variables, ...place.variables };
  const python = await preparePython(options, { request, confinement, variables });
  const environment = await createEnvironment(options, request, { ...variables, ...python?.variables });
  const workforce = createPools({ options, request, environment, confinement }, plan, report);
  return python?.attach(workforce) ?? workforce;
}

function prepareDependencies(
  options: ResolvedRuntimeOptions,
  { environments, deployment, installed }: WorkforceRequest,
  plan: HostPlan | ProgramPlan,
): Promise<PreparedEnvironment> {
  const { organization, allowBuild } = deployment.record.spec;
  const place = { deployment, installed, plan, files: hostFiles };
  const openPlace: EnvironmentRequest['openPlace'] = (interpreter) => openBuildPlace(options, place, interpreter);
  const onLine = (message: string): void =>
    deployment.log.append({ workerId: 'install', stream: 'stdout', level: 'info', message });
  return environments.prepare({ installed, organization, allowBuild, openPlace, onLine });
}

/** `{python}` and the hosts run inside of what was prepared. */
function withInterpreter(
  options: ResolvedRuntimeOptions,
  { interpreter: python }: PreparedEnvironment,
): ResolvedRuntimeOptions {
  return python === undefined ? options : { ...options, interpreters: { ...options.interpreters, python } };
}

interface PythonPlace {
  readonly request: WorkforceRequest;
  readonly confinement: Confinement;
  readonly variables: Readonly<Record<string, string>>;
}

function preparePython(options: ResolvedRuntimeOptions, place: PythonPlace): Promise<PreparedPython | undefined> {
  const { request, confinement, variables } = place;
  const { deployment, installed, guard, sockets } = request;
  const { id, key } = deployment.record.spec;
  return options.python.prepare({
    ...{ deploymentId: id, key, installed, guard, sockets, confinement, log: deployment.log },
    interpreter: options.interpreters.python,
    environment: { ...pickAllowed(options.nodeEnvironment, []), ...variables },
  });
}

function createPools(prepared: Prepared, plan: HostPlan | ProgramPlan, report: WorkforceReport): Workforce {
  if (plan.kind !== 'program') return createHostPool(prepared, plan, report);
  const { beside } = plan;
  if (beside === undefined) return createProgramPool(prepared, plan, report);
  return createMixedWorkforce({
    createHost: (own) => createHostPool(prepared, beside, own),
    createPrograms: (own) => createProgramPool(prepared, plan, own),
    report,
  });
}

interface Prepared {
  readonly options: ResolvedRuntimeOptions;
  readonly request: WorkforceRequest;
  readonly environment: Readonly<Record<string, string>>;
  readonly confinement: Confinement;
}

function createHostPool(prepared: Prepared, plan: HostPlan, report: WorkforceReport): WorkerPool {
  const { options, request, environment, confinement } = prepared;
  const { restart: policy } = request.deployment.record.spec;
  const launch = { ...createHostLaunch(options, { plan, request, environment }), confinement };
  return new WorkerPool({ ...poolOptions(prepared), launch, policy, report });
}

function createProgramPool(prepared: Prepared, plan: ProgramPlan, report: WorkforceReport): ProgramPool {
  const { options, request, environment, confinement } = prepared;
  const { installed } = request;
  const launch = { ...createProgramLaunch(options, { plan, installed, environment }), confinement };
  const concurrency = Math.min(installed.manifest.concurrency, options.limits.programs);
  const { outputBytes: maxOutputBytes, programs: maxPrograms } = options.limits;
  return new ProgramPool({ ...poolOptions(prepared), launch, concurrency, maxPrograms, maxOutputBytes, report });
}

function poolOptions({ options, request }: Prepared) {
  const { deployment, installed, guard, successor } = request;
  return {
    deploymentId: deployment.record.spec.id,
    defaultSkill: installed.manifest.defaultSkill,
    guard,
    clock: options.clock,
    settings: options.workers,
    activity: deployment.activity,
    log: deployment.log,
    replicas: deployment.record.settings.replicas,
    successor,
  };
}

function createEnvironment(
  options: ResolvedRuntimeOptions,
  { deployment, installed }: WorkforceRequest,
  variables: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { id, agentId, sealedEnvironment, ports } = deployment.record.spec;
  const url = options.fabricUrl();
  const grpc = options.fabricGrpc?.();
  return createWorkerEnvironment({
    nodeEnvironment: { ...options.nodeEnvironment, ...variables },
    passEnv: [...options.passEnv, ...Object.keys(variables)],
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
      ...(ports !== undefined && { PAR_PORT: String(ports.http), A2A_PORT: String(ports.grpc) }),
      PAR_SUPERVISOR_URL: url,
      PARLEY_URL: url,
      ...(grpc !== undefined && { PARLEY_GRPC_ADDRESS: grpc }),
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
  const served = { http: plan.http, grpc: plan.grpc === true, sockets: request.sockets };
  if (plan.kind === 'node') {
    const args = [...heapOptions(request.deployment.limits), nodeHost];
    return { command: interpreters.node, args, cwd: folder, environment, init, ...served };
  }
  const python = withPythonPath(environment, [pythonFolder, folder, join(folder, 'src')]);
  return {
    command: interpreters.python,
    args: ['-u', '-m', 'parley_host'],
    cwd: folder,
    environment: python,
    init,
    ...served,
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
