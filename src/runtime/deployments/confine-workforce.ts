import type { PreparedConfinement } from '../containment/confiner.ts';
import type { BuildPlace } from '../environments/build-place.ts';
import { noEnvironment, type PreparedEnvironment } from '../environments/environment-request.ts';
import type { InstalledPackage } from '../packages/install-package.ts';
import type { HostPlan, ProgramPlan } from '../packages/launch-plan.ts';
import type { Deployment } from './deployment.ts';
import type { ResourceLimits } from './model.ts';
import type { ResolvedRuntimeOptions } from './runtime-options.ts';

export interface ConfineRequest {
  readonly deployment: Deployment;
  readonly installed: InstalledPackage;
  readonly plan: HostPlan | ProgramPlan;
  /** What its processes run in. */
  readonly prepared: PreparedEnvironment;
  /** What its processes read outside of the data folder. */
  readonly files: readonly string[];
}

/** Prepares what holds the workers of a deployment in their place; what could not be done stands in its log. */
export async function confineWorkforce(
  options: ResolvedRuntimeOptions,
  request: ConfineRequest,
): Promise<PreparedConfinement> {
  const prepared = await confine(options, request);
  const { deployment } = request;
  if (prepared.warning !== undefined) {
    deployment.log.append({ workerId: '', stream: 'supervisor', level: 'warn', message: prepared.warning });
  }
  return prepared;
}

/** Where what the package depends on may run its code; undefined when its workers have no user of their own either. */
export async function openBuildPlace(
  options: ResolvedRuntimeOptions,
  request: Omit<ConfineRequest, 'prepared'>,
  interpreter: string,
): Promise<BuildPlace | undefined> {
  const prepared = { ...noEnvironment, interpreter };
  const { confinement, variables } = await confine(options, { ...request, prepared });
  if (confinement.uid === undefined) return undefined;
  const deploymentId = request.deployment.record.spec.id;
  return { deploymentId, confinement, variables, lend: (folder) => options.confiner.lend(folder, confinement) };
}

function confine(
  { confiner, interpreters, nodeEnvironment }: ResolvedRuntimeOptions,
  { deployment, installed, plan, prepared, files }: ConfineRequest,
): Promise<PreparedConfinement> {
  const { limits } = deployment;
  return confiner.prepare({
    deploymentId: deployment.record.spec.id,
    limits,
    interpreter: prepared.interpreter ?? interpreterOf(interpreters, plan),
    folders: [installed.folder, ...prepared.folders],
    files,
    environment: { PATH: nodeEnvironment['PATH'] ?? '' },
  });
}

/** Of the memory that a Node process may use, so much is for its heap; the rest is for its code, buffers and stacks. */
const heapShare = 0.75;
const smallestHeapMegabytes = 16;

/** The options by which a Node process collects its garbage before its memory is over the limit. */
export function heapOptions({ memoryBytes }: ResourceLimits): readonly string[] {
  if (memoryBytes === undefined) return [];
  const megabytes = Math.floor((memoryBytes * heapShare) / 1024 / 1024);
  return [`--max-old-space-size=${Math.max(smallestHeapMegabytes, megabytes)}`];
}

/** What the processes of the package are run by; a program of its own needs the shell at most. */
function interpreterOf(interpreters: ResolvedRuntimeOptions['interpreters'], plan: HostPlan | ProgramPlan): string {
  if (plan.kind !== 'program') return interpreters[plan.kind];
  const [first] = plan.command;
  return first === '{python}' ? interpreters.python : first === '{node}' ? interpreters.node : '/bin/cat';
}
