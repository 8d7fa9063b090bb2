import { ParleyError } from '../../base/index.ts';
import type { DeploymentView, DeployRequest } from '../../control/index.ts';
import type { ParRequest } from './par-route.ts';

/** Deploys, and answers with the deployment when it is healthy. WORKER_START_FAILED, with the reason, when it fails. */
export async function bringUp({ control, signal }: ParRequest, request: DeployRequest): Promise<DeploymentView> {
  const accepted = await control.deployments.deploy(request);
  const isIt = ({ createdAtMs }: { readonly createdAtMs: number }): boolean => createdAtMs === accepted.createdAtMs;
  for await (const view of control.deployments.watch(accepted.id, signal)) {
    // While it starts, an earlier one of the same id may speak for both.
    if (isIt(view) && view.status === 'healthy') return view;
    const own = isIt(view) ? view : control.changes.history(accepted.id).find(isIt);
    if (own !== undefined && ended.has(own.status)) throw notHealthy(accepted, own);
  }
  throw ParleyError.from(signal.reason);
}

const ended: ReadonlySet<string> = new Set(['failed', 'stopping', 'stopped']);

function notHealthy({ id }: DeploymentView, own: Pick<DeploymentView, 'status' | 'message'>): ParleyError {
  const why = own.message === undefined ? '' : `: ${own.message}`;
  return new ParleyError('WORKER_START_FAILED', `Deployment ${id} is ${own.status}${why}`);
}
