import type { Deployment } from './deployment.ts';
import type { DeploymentSet } from './deployment-set.ts';
import type { DeploymentDetails, DeploymentView } from './model.ts';

/** What is shown of deployments, and who is told when it changes. */
export interface DeploymentViews {
  of(deployment: Deployment): DeploymentView;
  /** Tells all who watch. */
  notify(deployment: Deployment): void;
  /** Calls back with each change until the returned function is called. */
  watch(changed: (view: DeploymentView) => void): () => void;
}

/** Views of the deployments of this set; `progressOf` is asked for the download of the one with that key. */
export function createDeploymentViews(
  deployments: DeploymentSet,
  progressOf: (key: string) => DeploymentDetails['progress'],
): DeploymentViews {
  const watchers = new Set<(view: DeploymentView) => void>();
  const of = (deployment: Deployment): DeploymentView => {
    const progress = progressOf(deployment.record.spec.key);
    const view = progress ? { ...deployment.view, details: { progress } } : deployment.view;
    const failure = findFailedReplacement(deployments, deployment)?.record.state.message;
    return failure === undefined ? view : { ...view, message: `Its replacement failed, and it goes on: ${failure}` };
  };
  return {
    of,
    notify(deployment) {
      const view = of(deployment);
      for (const watcher of watchers) watcher(view);
    },
    watch(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
  };
}

/** A deployment that goes on although its replacement failed says so. */
function findFailedReplacement(deployments: DeploymentSet, { record }: Deployment): Deployment | undefined {
  const newer = deployments.ofId(record.spec.id).find((other) => other.record.turn > record.turn);
  return newer?.record.state.status === 'failed' ? newer : undefined;
}
