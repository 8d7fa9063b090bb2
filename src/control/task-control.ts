import { createId, hasCode, ParleyError } from '../base/index.ts';
import type { Task, TaskPage, TaskState } from '../protocol/index.ts';
import type { Registry } from '../registry/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { operator } from '../security/index.ts';
import type { CallContext, TaskService } from '../tasks/index.ts';
import { mergeTaskPages } from './task-pages.ts';
import type { TaskSummary, TaskSummaryPage } from './views.ts';

/** Which tasks, and how many at once. */
export interface TaskQuery {
  /** An agent or deployment id; unset: all agents that are or were deployed here. */
  readonly agent?: string;
  readonly state?: TaskState;
  readonly contextId?: string;
  /** 1 to 100. */
  readonly pageSize: number;
  readonly pageToken?: string;
}

/** The tasks of all callers, those of stopped agents too. Errors: TASK_NOT_FOUND, AGENT_NOT_FOUND, TASK_NOT_CANCELABLE, INVALID_PARAMS (page token). */
export interface TaskControl {
  list(query: TaskQuery): Promise<TaskSummaryPage>;
  get(id: string): Promise<TaskSummary>;
  cancel(id: string): Promise<TaskSummary>;
}

export interface TaskControlOptions {
  readonly tasks: TaskService;
  readonly registry: Registry;
  readonly runtime: Runtime;
}

/** Use cases over the task service, as the operator. */
export function createTaskControl({ tasks, registry, runtime }: TaskControlOptions): TaskControl {
  /** Of those that take calls, and of those that have stopped. */
  const agentIds = (): readonly string[] => {
    const known = [...registry.list().map(({ record }) => record.id), ...runtime.list().map(({ agentId }) => agentId)];
    return [...new Set(known)].sort();
  };
  const find = (id: string): Promise<TaskSummary> => findTask(tasks, agentIds(), id);
  return {
    async list(query) {
      const named = query.agent === undefined ? agentIds() : [toAgentId({ registry, runtime }, query.agent)];
      return listTasks(tasks, query, named);
    },
    get: find,
    async cancel(id) {
      const { agentId } = await find(id);
      return toSummary(agentId, await tasks.cancel(target(agentId), { id }, asOperator()));
    },
  };
}

async function listTasks(tasks: TaskService, query: TaskQuery, agentIds: readonly string[]): Promise<TaskSummaryPage> {
  const { agent: _, pageSize, pageToken, ...filter } = query;
  const fetch = (agentId: string, size: number, token: string | undefined): Promise<TaskPage> => {
    const paging = { pageSize: size, ...(token !== undefined && { pageToken: token }) };
    return tasks.list(
      target(agentId),
      { ...filter, ...paging, historyLength: 0, includeArtifacts: false },
      asOperator(),
    );
  };
  const page = await mergeTaskPages({ agentIds, pageSize, pageToken, fetch });
  return { ...page, tasks: page.tasks.map(({ agentId, task }) => toSummary(agentId, task)) };
}

// A task belongs to one agent, and only that agent's service answers for it.
async function findTask(tasks: TaskService, agentIds: readonly string[], id: string): Promise<TaskSummary> {
  for (const agentId of agentIds) {
    try {
      return toSummary(agentId, await tasks.get(target(agentId), { id, historyLength: 0 }, asOperator()));
    } catch (thrown) {
      // An agent that has stopped is not found either, once it has no such task.
      if (!hasCode(thrown, 'TASK_NOT_FOUND') && !hasCode(thrown, 'AGENT_NOT_FOUND')) throw ParleyError.from(thrown);
    }
  }
  throw new ParleyError('TASK_NOT_FOUND', `There is no task "${id}"; finished tasks are kept for a while only.`, {
    details: { id },
  });
}

/** The agent that an id of an agent or of a deployment means, also when it has stopped. Throws AGENT_NOT_FOUND. */
function toAgentId({ registry, runtime }: Pick<TaskControlOptions, 'registry' | 'runtime'>, id: string): string {
  try {
    return registry.resolve(id).agentId;
  } catch (thrown) {
    const stopped = runtime.list().find((deployment) => deployment.id === id || deployment.agentId === id);
    if (stopped === undefined) throw thrown;
    return stopped.agentId;
  }
}

function target(agentId: string): { agentId: string; endpointId: undefined } {
  return { agentId, endpointId: undefined };
}

function asOperator(): CallContext {
  return { principal: operator, trace: { correlationId: createId() } };
}

function toSummary(agentId: string, task: Task): TaskSummary {
  const text = task.status.message?.parts.flatMap((part) => ('text' in part ? [part.text] : [])).join('\n');
  return {
    id: task.id,
    agentId,
    contextId: task.contextId,
    state: task.status.state,
    changedAt: task.status.timestamp,
    ...(text && { message: text }),
  };
}
