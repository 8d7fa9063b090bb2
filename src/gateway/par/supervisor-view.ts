import { type JsonObject, type JsonValue, ParleyError } from '../../base/index.ts';
import type { Control, DeploymentView } from '../../control/index.ts';

/** The workers of a deployment, as PAR's supervisor sees them. */
export interface SupervisedProcess {
  /** `par-` and the agent's id; of a deployment beside the agent's current one, its own id. */
  readonly processId: string;
  readonly view: DeploymentView;
}

/** All there are; those that have stopped too, as long as they are remembered. */
export function listProcesses({ deployments }: Control): readonly SupervisedProcess[] {
  return deployments.list().map((view) => {
    const isCurrent = deployments.get(view.agentId).id === view.id;
    return { processId: `par-${isCurrent ? view.agentId : view.id}`, view };
  });
}

/** NOT_FOUND for an id that is none of them. */
export function findProcess(control: Control, processId: string): SupervisedProcess {
  const found = listProcesses(control).find((one) => one.processId === processId);
  if (found !== undefined) return found;
  throw new ParleyError('NOT_FOUND', `Process ${processId.slice(0, 160)} not found`);
}

/** `GET /supervisor/status`. */
export function describeProcesses(control: Control, nowMs: number): JsonObject {
  const processes = listProcesses(control);
  const serving = processes.filter(({ view }) => view.status === 'healthy').map(({ view }) => view.agentId);
  return {
    supervisor: 'running',
    processes: Object.fromEntries(processes.map(({ processId, view }) => [processId, describe(view, nowMs)])),
    routes: [...new Set(serving)],
  };
}

/** `GET /supervisor/health`. */
export function describeHealth(control: Control): JsonObject {
  const agents = new Map(control.agents.list().map(({ id, status }) => [id, status]));
  const ids = new Set(control.deployments.list().map(({ agentId }) => agentId));
  const health = [...ids].map((id) => [id, { status: healthOf(agents.get(id)) }] as const);
  const healthy = health.filter(([, { status }]) => status === 'healthy').length;
  return {
    status: healthy === health.length ? 'healthy' : 'degraded',
    total_agents: health.length,
    healthy_agents: healthy,
    agent_health: Object.fromEntries(health),
  };
}

function healthOf(status: string | undefined): string {
  if (status === undefined || status === 'stopped') return 'not_found';
  if (status === 'failed') return 'error';
  return status === 'healthy' ? 'healthy' : 'unhealthy';
}

/** One that is healthy is running; before that it starts. */
function describe(view: DeploymentView, nowMs: number): JsonObject {
  const { agentId, packageId, ports, status, workers, details, changedAtMs } = view;
  const pids = workers.flatMap(({ pid }) => pid ?? []);
  const startedAtMs = Math.min(...workers.map((worker) => worker.startedAtMs ?? changedAtMs), nowMs);
  return {
    agent_id: agentId,
    package_id: packageId ?? null,
    port: ports?.http ?? null,
    state: states[status],
    pid: pids[0] ?? null,
    uptime: status === 'healthy' ? (nowMs - startedAtMs) / 1_000 : 0,
    restart_count: workers.reduce((sum, { restarts }) => sum + restarts, 0),
    error: details.error ?? null,
    resources: describeResources(view),
  };
}

const states: Readonly<Record<DeploymentView['status'], string>> = {
  pending: 'starting',
  downloading: 'starting',
  loading: 'starting',
  starting: 'starting',
  healthy: 'running',
  failed: 'failed',
  stopping: 'stopping',
  stopped: 'stopped',
};

function describeResources({ workers, limits }: DeploymentView): JsonValue {
  const memoryBytes = workers.reduce((sum, worker) => sum + (worker.memoryBytes ?? 0), 0);
  const toMegabytes = (bytes: number): number => Math.round((bytes / (1024 * 1024)) * 10) / 10;
  return {
    memory_mb: toMegabytes(memoryBytes),
    memory_limit_mb: limits.memoryBytes === undefined ? null : toMegabytes(limits.memoryBytes),
    cpu_limit: limits.cpus ?? null,
    workers: workers.length,
  };
}
