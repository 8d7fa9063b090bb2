import type { JsonObject } from '../../base/index.ts';
import type { Control, DeploymentView, HistoryEntry } from '../../control/index.ts';

/**
 * How a deployment is, as PAC polls it: of several of one id the one that was asked for last. Throws NOT_FOUND for an id that is
 * not known.
 */
export function describeDeployment(control: Control, id: string): JsonObject {
  const view = control.deployments.get(id);
  const replacement = findReplacement(view, control.changes.history(id));
  const { status } = replacement ?? view;
  const error = replacement?.message ?? view.details.error;
  const healthy = status === 'healthy';
  const { rest, a2a, ui } = view.surfaces;
  return {
    status,
    healthy,
    message: status === 'failed' ? (error ?? 'Deployment failed') : (progress[status] ?? null),
    details: replacement ? (status === 'failed' ? { error: error ?? null } : {}) : { ...view.details },
    surfaces: { rest, a2a, ui },
    ports: describePorts(view),
  };
}

const progress: Readonly<Record<string, string | undefined>> = {
  downloading: 'Downloading package',
  loading: 'Loading package',
  starting: 'Starting runtime',
};

/** The later deployment of the same id that is on its way, or has failed while the earlier one goes on. */
function findReplacement(view: DeploymentView, history: readonly HistoryEntry[]): HistoryEntry | undefined {
  const newest = history.find(({ id }) => id === view.id);
  if (newest === undefined || newest.createdAtMs === view.createdAtMs || newest.rolledBack) return undefined;
  if (newest.status === 'failed') return view.message === undefined ? undefined : newest;
  return newest.status === 'stopping' || newest.status === 'stopped' ? undefined : newest;
}

/** The port of each surface that there is. */
function describePorts({ ports, surfaces: { rest, a2a, ui } }: DeploymentView): JsonObject | null {
  if (ports === undefined) return null;
  return { rest: rest ? ports.http : null, a2a: a2a ? ports.grpc : null, ui: ui ? ports.http : null };
}
