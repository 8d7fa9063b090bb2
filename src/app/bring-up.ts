import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ParleyError } from '../base/index.ts';
import type { Control } from '../control/index.ts';
import { type DeploymentView, type LocalSource, readPackage } from '../runtime/index.ts';
import type { Screen } from './screen.ts';

export interface BringUpOptions {
  readonly sources: readonly LocalSource[];
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** Deployments from a folder in here end when the folder is gone. */
  readonly watchedFolder?: string;
}

/**
 * Deploys what is asked for and does not run already in the same form, and shows all agents when each is healthy or has failed.
 * Stops where it is, without a word, when the signal aborts.
 */
export async function bringUp(control: Control, options: BringUpOptions): Promise<void> {
  const { sources, screen, signal, watchedFolder } = options;
  const { deployments } = control;
  const orphans = deployments.list().filter((view) => isOrphan(view, watchedFolder));
  await Promise.all(orphans.map(({ id }) => deployments.stop(id)));
  for (const source of sources) {
    if (signal.aborted) return;
    await deploy(control, source, screen).catch((thrown: unknown) => {
      if (!signal.aborted) screen.problem(`${source.path}: ${ParleyError.from(thrown).message}`);
    });
  }
  const views = await Promise.all(
    deployments
      .list()
      .filter(isWanted)
      .map(({ id }) => settle(control, id, signal)),
  );
  for (const view of views)
    if (view?.status === 'failed') screen.problem(`${view.agentId}: ${view.message ?? 'failed'}`);
  if (!signal.aborted) screen.ready(control.agents.list());
}

async function deploy({ deployments, changes }: Control, source: LocalSource, screen: Screen): Promise<void> {
  const { digest, manifest } = await readPackage(source);
  const known = deployments.list();
  if (known.some((view) => isWanted(view) && view.packageDigest === digest)) return;
  const history = known.some(({ agentId }) => agentId === manifest.name) ? changes.history(manifest.name) : [];
  if (history.some(({ rolledBack, packageDigest }) => rolledBack && packageDigest === digest)) {
    const advice = `"parley deploy ${source.path}" does it all the same`;
    screen.problem(`${manifest.packageId} was rolled back and is not deployed again; ${advice}.`);
    return;
  }
  await deployments.deploy({ source });
}

/** The deployment as soon as it is healthy or failed. */
async function settle({ deployments }: Control, id: string, signal: AbortSignal): Promise<DeploymentView | undefined> {
  for await (const view of deployments.watch(id, signal)) {
    if (view.status === 'healthy' || !isWanted(view)) return view;
  }
  return undefined;
}

function isWanted({ status }: DeploymentView): boolean {
  return status !== 'failed' && status !== 'stopping' && status !== 'stopped';
}

function isOrphan(view: DeploymentView, watchedFolder: string | undefined): boolean {
  const { source } = view;
  if (source.kind !== 'folder' || watchedFolder === undefined || dirname(source.path) !== watchedFolder) return false;
  return isWanted(view) && !existsSync(source.path);
}
