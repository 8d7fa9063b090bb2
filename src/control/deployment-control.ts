import { abortable } from '../base/index.ts';
import type { DeploymentView, DeployRequest, LogLine, Runtime } from '../runtime/index.ts';

/** What is deployed; wherever an id is asked for, an agent id means its current deployment. Errors as the runtime has them. */
export interface DeploymentControl {
  deploy(request: DeployRequest): Promise<DeploymentView>;
  get(id: string): DeploymentView;
  list(): readonly DeploymentView[];
  stop(id: string): Promise<DeploymentView>;
  restart(id: string): Promise<DeploymentView>;
  /** The newest `limit` kept lines behind sequence `after`, oldest first. */
  logs(id: string, after: number, limit: number): readonly LogLine[];
  followLogs(id: string, after: number, signal: AbortSignal): AsyncIterable<LogLine>;
  /** The deployment as it is, then after each change; a slow reader sees only the latest. Ends when the signal aborts. */
  watch(id: string, signal: AbortSignal): AsyncIterable<DeploymentView>;
}

/** Use cases over the runtime. */
export function createDeploymentControl(runtime: Runtime): DeploymentControl {
  return {
    deploy: (request) => runtime.deploy(request),
    get: (id) => runtime.get(id),
    list: () => runtime.list(),
    stop: (id) => runtime.stop(id),
    restart: (id) => runtime.restart(id),
    logs: (id, after, limit) => runtime.logs(id, after, limit),
    followLogs: (id, after, signal) => runtime.followLogs(id, after, signal),
    watch: (id, signal) => watchDeployment(runtime, runtime.get(id), signal),
  };
}

async function* watchDeployment(
  runtime: Runtime,
  first: DeploymentView,
  signal: AbortSignal,
): AsyncGenerator<DeploymentView, void, undefined> {
  let latest: DeploymentView | undefined = first;
  let changed = Promise.withResolvers<void>();
  const unwatch = runtime.watch((view) => {
    if (view.id !== first.id) return;
    latest = view;
    changed.resolve();
  });
  try {
    while (!signal.aborted) {
      const view: DeploymentView | undefined = latest;
      latest = undefined;
      if (view !== undefined) yield view;
      if (latest === undefined) await abortable(changed.promise, signal).catch(() => {});
      changed = Promise.withResolvers<void>();
    }
  } finally {
    unwatch();
  }
}
