import { abortable, ParleyError } from '../base/index.ts';
import type { DeploymentView, DeployRequest, LogLine, Runtime } from '../runtime/index.ts';
import type { DeployWebhooks } from './deploy-webhooks/deploy-webhooks.ts';
import type { DeployWebhook } from './deploy-webhooks/outcome.ts';
import { createLogMarks } from './log-marks.ts';

/** What is deployed; wherever an id is asked for, an agent id means its current deployment. Errors as the runtime has them. */
export interface DeploymentControl {
  /** `webhook`: told once it is known how the deployment came out; its request names agent and deployment. */
  deploy(request: DeployRequest, webhook?: DeployWebhook): Promise<DeploymentView>;
  get(id: string): DeploymentView;
  list(): readonly DeploymentView[];
  stop(id: string): Promise<DeploymentView>;
  restart(id: string): Promise<DeploymentView>;
  /** The newest `limit` kept lines behind sequence `after`, oldest first. */
  logs(id: string, after: number, limit: number): readonly LogLine[];
  /** Lines that were written until now are no longer given, and `after` counts on. */
  clearLogs(id: string): void;
  followLogs(id: string, after: number, signal: AbortSignal): AsyncIterable<LogLine>;
  /** The deployment as it is, then after each change; a slow reader sees only the latest. Ends when the signal aborts. */
  watch(id: string, signal: AbortSignal): AsyncIterable<DeploymentView>;
}

/** Use cases over the runtime. */
export function createDeploymentControl(runtime: Runtime, webhooks: DeployWebhooks | undefined): DeploymentControl {
  const marks = createLogMarks(runtime);
  return {
    deploy: (request, webhook) => deploy({ runtime, webhooks }, request, webhook),
    get: (id) => runtime.get(id),
    list: () => runtime.list(),
    stop: (id) => runtime.stop(id),
    restart: (id) => runtime.restart(id),
    logs: (id, after, limit) => runtime.logs(id, marks.after(id, after), limit),
    clearLogs: (id) => marks.set(id),
    followLogs: (id, after, signal) => runtime.followLogs(id, marks.after(id, after), signal),
    watch: (id, signal) => watchDeployment(runtime, runtime.get(id), signal),
  };
}

interface DeployParts {
  readonly runtime: Runtime;
  readonly webhooks: DeployWebhooks | undefined;
}

async function deploy(
  { runtime, webhooks }: DeployParts,
  request: DeployRequest,
  webhook: DeployWebhook | undefined,
): Promise<DeploymentView> {
  if (webhook === undefined) return runtime.deploy(request);
  const { deploymentId, agentId } = request;
  if (webhooks === undefined || deploymentId === undefined || agentId === undefined) {
    throw new ParleyError('VALIDATION_FAILED', 'A webhook needs a deployment with ids for itself and its agent.');
  }
  return webhooks.accept({ deploymentId, agentId }, webhook, () => runtime.deploy(request));
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
