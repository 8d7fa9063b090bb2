import type { DeploymentStatus } from './model.ts';

/** A package as it lies in the packages folder. */
export interface InstalledRef {
  readonly folder: string;
  readonly packageId: string;
  readonly digest: string;
  /** What a look into the files says that a person should know. */
  readonly warnings: readonly string[];
}

/** Where a deployment stands: the fold over its journal. */
export interface DeploymentState {
  readonly status: DeploymentStatus;
  /** What is going on or what is wrong. */
  readonly message: string | undefined;
  /** Set once the package is installed; a restart needs its source no more. */
  readonly installed: InstalledRef | undefined;
}

/** What happens to a deployment, each an entry of its journal. */
export type DeploymentEvent =
  | { readonly type: 'begun' }
  | { readonly type: 'installed'; readonly installed: InstalledRef }
  | { readonly type: 'loaded' }
  /** All its workers are ready, or one is again. */
  | { readonly type: 'ready' }
  /** No worker is ready for now, one is started again. */
  | { readonly type: 'lost'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'stop-requested' }
  /** No process of it is left. */
  | { readonly type: 'ended' }
  | { readonly type: 'restart-requested' }
  /** The node has started; none of the processes from before is left. `retry`: a failed deployment is tried again. */
  | { readonly type: 'resumed'; readonly retry: boolean };

/** What is to be done after the event is journalled. */
export type DeploymentEffect =
  /** Copies the package into the packages folder; answers `installed` or `failed`. */
  | 'install'
  /** Reads the installed package; answers `loaded` or `failed`. */
  | 'load'
  /** Starts the workers; answers `ready` or `failed`. */
  | 'start'
  /** Becomes the agent's current deployment; older ones of the agent are stopped. */
  | 'take-over'
  /** New workers, one after the other. */
  | 'renew'
  /** Drains and ends the workers; answers `ended`. */
  | 'end';

export type Transition = readonly [DeploymentState, readonly DeploymentEffect[]];

export const initialDeploymentState: DeploymentState = Object.freeze({
  status: 'pending',
  message: undefined,
  installed: undefined,
});

const active: ReadonlySet<DeploymentStatus> = new Set(['pending', 'downloading', 'loading', 'starting', 'healthy']);

/** True while the deployment runs or is on its way to. */
export function isActive(status: DeploymentStatus): boolean {
  return active.has(status);
}

/** Pure: what the event makes of the deployment. An event that does not fit its state changes nothing. */
export function transition(state: DeploymentState, event: DeploymentEvent): Transition {
  switch (event.type) {
    case 'begun':
      return from(['pending'], state, () => go(state, 'downloading', 'install'));
    case 'installed':
      return from(['downloading'], state, () => go({ ...state, installed: event.installed }, 'loading', 'load'));
    case 'loaded':
      return from(['loading'], state, () => go(state, 'starting', 'start'));
    case 'ready':
      return from(['starting'], state, () => go(state, 'healthy', 'take-over'));
    case 'lost':
      return from(['healthy'], state, () => [{ ...state, status: 'starting', message: event.message }, []]);
    case 'failed':
      return from([...active], state, () => [{ ...state, status: 'failed', message: event.message }, ['end']]);
    case 'stop-requested':
      return from([...active, 'failed'], state, () => go(state, 'stopping', 'end'));
    case 'ended':
      return from(['stopping'], state, () => go(state, 'stopped'));
    case 'restart-requested':
      return restart(state);
    case 'resumed':
      return resume(state, event.retry);
  }
}

function restart(state: DeploymentState): Transition {
  if (state.status === 'healthy') return [state, ['renew']];
  return from(['failed', 'stopped'], state, () => again(state));
}

function resume(state: DeploymentState, retry: boolean): Transition {
  if (state.status === 'stopping') return go(state, 'stopped');
  if (state.status === 'stopped' || (state.status === 'failed' && !retry)) return [state, []];
  return again(state);
}

/** From the installed package when there is one, else from the source. */
function again(state: DeploymentState): Transition {
  return state.installed === undefined ? go(state, 'downloading', 'install') : go(state, 'loading', 'load');
}

const progress: Partial<Record<DeploymentStatus, string>> = {
  downloading: 'Downloading package',
  loading: 'Loading package',
  starting: 'Starting runtime',
  stopping: 'Stopping',
};

function go(state: DeploymentState, status: DeploymentStatus, ...effects: DeploymentEffect[]): Transition {
  return [{ ...state, status, message: progress[status] }, effects];
}

function from(statuses: readonly DeploymentStatus[], state: DeploymentState, next: () => Transition): Transition {
  return statuses.includes(state.status) ? next() : [state, []];
}
