import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { type Clock, formatTimestamp, hasCode, ParleyError } from '../../base/index.ts';
import type { Control, DeployRequest, LogLine } from '../../control/index.ts';
import { supervisorWire } from '../edge/wire.ts';
import { bringUp } from './bring-up.ts';
import { findLocalSource } from './package-routes.ts';
import { ok, type ParAnswer, type ParRequest, type ParRoute } from './par-route.ts';
import { parseBody } from './parse-body.ts';
import { describeHealth, describeProcesses, findProcess, listProcesses } from './supervisor-view.ts';

/** PAR's supervisor: an agent's workers as one process, `par-` and the agent's id. */
export function createSupervisorRoutes(clock: Clock): readonly ParRoute[] {
  const route = (method: ParRoute['method'], path: string, handle: ParRoute['handle']): ParRoute => {
    return { method, path: `/supervisor/${path}`, access: 'operator', wire: supervisorWire, handle };
  };
  return [
    route('GET', 'status', ({ control }) => ok(describeProcesses(control, clock.now()))),
    route('GET', 'health', ({ control }) => ok(describeHealth(control))),
    route('POST', 'spawn', spawn),
    route('POST', 'stop/:process', stop),
    route('POST', 'restart/:process', restart),
    route('GET', 'logs', readLogs),
    route('DELETE', 'logs', clearLogs),
  ];
}

const seconds = z.number().min(0).max(86_400);
const spawnSchema = z.object({
  agent_id: z.string().min(1).max(124),
  package_id: z.string().nullish(),
  package_path: z.string().min(1).max(4_096).refine(isAbsolute, "must be an absolute path on the node's machine"),
  env_vars: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string().max(65_536)).nullish(),
  memory_limit_mb: z.number().int().min(1).max(16_777_216).nullish(),
  cpu_limit: z.number().positive().max(1_024).nullish(),
  restart_policy: z.enum(['always', 'on-failure', 'never']).default('on-failure'),
  max_restarts: z.number().int().min(0).default(3),
  restart_delay_seconds: seconds.default(5),
  backoff_multiplier: z.number().min(1).max(100).default(2),
  max_restart_delay_seconds: seconds.default(300),
});

type SpawnBody = z.infer<typeof spawnSchema>;

async function spawn(request: ParRequest): Promise<ParAnswer> {
  const body = parseBody(spawnSchema, request.body);
  const processId = `par-${body.agent_id}`;
  const ofAgent = listProcesses(request.control).filter(({ view }) => view.agentId === body.agent_id);
  if (ofAgent.some(({ view }) => isRunning(view.status))) {
    throw new ParleyError('CONFLICT', `Process ${processId} already running`);
  }
  const source = await findLocalSource(body.package_path);
  try {
    const { ports } = await bringUp(request, toDeployRequest(body, source));
    return ok({ status: 'success', process_id: processId, port: ports?.http ?? null });
  } catch (thrown) {
    if (!hasCode(thrown, 'NO_FREE_PORT')) throw thrown;
    throw new ParleyError('NO_FREE_PORT', 'No available ports', { cause: thrown });
  }
}

function isRunning(status: string): boolean {
  return status !== 'failed' && status !== 'stopped';
}

function toDeployRequest(body: SpawnBody, source: DeployRequest['source']): DeployRequest {
  const { agent_id: agentId, env_vars: environment, memory_limit_mb: megabytes, cpu_limit: cpus } = body;
  return {
    source,
    agentId,
    deploymentId: `par-${agentId}`,
    ...(environment && { environment }),
    limits: { ...(megabytes && { memoryBytes: megabytes * 1024 * 1024 }), ...(cpus && { cpus }) },
    restart: {
      mode: body.restart_policy,
      maxRestarts: body.max_restarts,
      delayMs: body.restart_delay_seconds * 1_000,
      multiplier: body.backoff_multiplier,
      maxDelayMs: body.max_restart_delay_seconds * 1_000,
    },
  };
}

async function stop({ control, place }: ParRequest): Promise<ParAnswer> {
  const { processId, view } = findProcess(control, place('process'));
  await control.deployments.stop(view.id);
  return ok({ status: 'success', process_id: processId });
}

async function restart({ control, place }: ParRequest): Promise<ParAnswer> {
  const { processId, view } = findProcess(control, place('process'));
  await control.deployments.restart(view.id);
  return ok({ status: 'success', process_id: processId });
}

const levels = ['debug', 'info', 'warn', 'error'] as const;
const logQuerySchema = z.object({
  process_id: z.string().optional(),
  level: z
    .string()
    .toLowerCase()
    .transform((level) => (level === 'warning' ? 'warn' : level === 'critical' ? 'error' : level))
    .pipe(z.enum(levels))
    .optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
});

/** The newest lines, oldest first. */
function readLogs({ control, query }: ParRequest): ParAnswer {
  const { process_id, level, limit } = parseBody(logQuerySchema, Object.fromEntries(query));
  const found = selectProcesses(control, process_id).flatMap(({ processId, view }) =>
    control.deployments
      .logs(view.id, 0, Number.MAX_SAFE_INTEGER)
      .filter((line) => level === undefined || line.level === level)
      .map((line) => ({ processId, line })),
  );
  const logs = found
    .sort((a, b) => a.line.atMs - b.line.atMs || a.line.sequence - b.line.sequence)
    .slice(-limit)
    .map(({ processId, line }) => formatLine(processId, line));
  return ok({ logs, count: logs.length });
}

function formatLine(processId: string, { atMs, level, message, stream, workerId, sequence, deploymentId }: LogLine) {
  const extra = { stream, worker_id: workerId, deployment_id: deploymentId, sequence };
  return { process_id: processId, timestamp: formatTimestamp(atMs), level, message, extra };
}

function clearLogs({ control, query }: ParRequest): ParAnswer {
  const processes = selectProcesses(control, query.get('process_id') ?? undefined);
  for (const { view } of processes) control.deployments.clearLogs(view.id);
  return ok({ status: 'success' });
}

function selectProcesses(control: Control, processId: string | undefined): ReturnType<typeof listProcesses> {
  return processId === undefined ? listProcesses(control) : [findProcess(control, processId)];
}
