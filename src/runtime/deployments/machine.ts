import type { AgentRecord } from '../../agents/index.ts';
import type { DeploymentSettings, DeploymentStatus } from './model.ts';

/** A package as it lies in the packages folder. */
export interface InstalledRef {
  readonly folder: string;
  readonly packageId: string;
  readonly digest: string;
}

/** Where a deployment stands: the fold over its journal. */
export interface DeploymentState {
  readonly status: DeploymentStatus;
  /** What is going on or what is wrong. */
  readonly message: string | undefined;
  /** The whole text of what went wrong, when it is more than the message. */
  readonly error?: string | undefined;
  /** Set once the package is installed; a restart needs its source no more. */
  readonly installed: InstalledRef | undefined;
  /** It has been healthy: a version that one can go back to. */
  readonly served: boolean;
}

/** What only the manifest says, of a package that was fetched after it had been accepted. */
export interface Learnt {
  readonly agent: AgentRecord;
  readonly warnings: readonly string[];
}

/** What happens to a deployment, each an entry of its journal. */
export type DeploymentEvent =
  | { readonly type: 'begun' }
  | { readonly type: 'installed'; readonly installed: InstalledRef; readonly learnt?: Learnt }
  | { readonly type: 'loaded' }
  /** All its workers are ready, or one is again. */
  | { readonly type: 'ready' }
  /** No worker is ready for now, one is started again. */
  | { readonly type: 'lost'; readonly message: string }
  /** `error`: the whole text of it, when it is more than the message. */
  | { readonly type: 'failed'; readonly message: string; readonly error?: string | undefined }
  | { readonly type: 'stop-requested' }
  /** Another deployment of the agent, with the key `by`, has taken its place. */
  | { readonly type: 'superseded'; readonly by: string }
  /** No process of it is left. */
  | { readonly type: 'ended' }
  /** `turn`: it is to be the agent's current deployment, when it was not running. */
  | { readonly type: 'restart-requested'; readonly turn?: number }
  /** It is to be the agent's only deployment again, whatever has come behind it. */
  | { readonly type: 'promoted'; readonly turn: number }
  | SettingsEvent
  /** The node has started; none of the processes from before is left. `retry`: a failed deployment is tried again. */
  | { readonly type: 'resumed'; readonly retry: boolean };

/** An operator has changed what can be changed while it runs. */
export type SettingsEvent =
  | { readonly type: 'scaled'; readonly replicas: number }
  | { readonly type: 'weighted'; readonly weight: number }
  | { readonly type: 'switched'; readonly enabled: boolean };

/** What is to be done after the event is journalled. */
export type DeploymentEffect =
  /** Copies the package into the packages folder; answers `installed` or `failed`. */
  | 'install'
  /** Reads the installed package; answers `loaded` or `failed`. */
  | 'load'
  /** Starts the workers; answers `ready` or `failed`. */
  | 'start'
  /** Becomes the agent's current deployment; those that it replaces are retired. */
  | 'take-over'
  /** New workers, one after the other. */
  | 'renew'
  /** Makes workers and registry what the settings say. */
  | 'adjust'
  /** Lets the calls in the workers go on as long as they are wanted, then ends them; answers `ended`. */
  | 'retire'
  /** Drains and ends the workers; answers `ended`. */
  | 'end';

export type Transition = readonly [DeploymentState, readonly DeploymentEffect[]];

export const initialDeploymentState: DeploymentState = Object.freeze({
  status: 'pending',
  message: undefined,
  installed: undefined,
  served: false,
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
      return from(['starting'], state, () => go({ ...state, served: true }, 'healthy', 'take-over'));
    case 'lost':
      return from(['healthy'], state, () => [{ ...state, status: 'starting', message: event.message }, []]);
    case 'failed':
      return from([...active], state, () => [
        { ...state, status: 'failed', message: event.message, error: event.error },
        ['end'],
      ]);
    case 'stop-requested':
      return from([...active, 'failed', 'stopping'], state, () => go(state, 'stopping', 'end'));
    case 'superseded':
      return from([...active], state, () => [
        { ...state, status: 'stopping', message: `Replaced by ${event.by}.` },
        ['retire'],
      ]);
    case 'ended':
      return from(['stopping'], state, () => [stopped(state), []]);
    case 'restart-requested':
      return restart(state);
    case 'promoted':
      return promote(state);
    case 'scaled':
    case 'weighted':
    case 'switched':
      return [state, ['adjust']];
    case 'resumed':
      return resume(state, event.retry);
  }
}

/** Pure: the settings after the event. */
export function changeSettings(settings: DeploymentSettings, event: DeploymentEvent): DeploymentSettings {
  switch (event.type) {
    case 'scaled':
      return { ...settings, replicas: event.replicas };
    case 'weighted':
      return { ...settings, weight: event.weight };
    case 'switched':
      return { ...settings, enabled: event.enabled };
    case 'promoted':
      // Who goes back to a version wants it to take the calls.
      return { ...settings, enabled: true, weight: settings.weight === 0 ? 1 : settings.weight };
    default:
      return settings;
  }
}

function restart(state: DeploymentState): Transition {
  if (state.status === 'healthy') return [state, ['renew']];
  return from(['failed', 'stopped'], state, () => again(state));
}

function promote(state: DeploymentState): Transition {
  if (state.status === 'healthy') return [state, ['take-over']];
  return active.has(state.status) ? [state, []] : again(state);
}

function resume(state: DeploymentState, retry: boolean): Transition {
  if (state.status === 'stopping') return [stopped(state), []];
  if (state.status === 'stopped' || (state.status === 'failed' && !retry)) return [state, []];
  return again(state);
}

/** From the installed package when there is one, else from the source. */
function again(state: DeploymentState): Transition {
  return state.installed === undefined ? go(state, 'downloading', 'install') : go(state, 'loading', 'load');
}

/** What has replaced it is still said. */
function stopped(state: DeploymentState): DeploymentState {
  const message = state.message === progress.stopping ? undefined : state.message;
  return { ...state, status: 'stopped', message };
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
