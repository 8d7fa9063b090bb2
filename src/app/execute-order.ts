import type { InvocationCaller } from '../agents/index.ts';
import { createId, type Logger, ParleyError } from '../base/index.ts';
import type { Message, SendRequest } from '../protocol/index.ts';
import type { Execute, Execution } from '../registry/index.ts';
import { createAdmission, type Right } from '../security/index.ts';
import type { CallContext, TaskService } from '../tasks/index.ts';

export interface ExecuteOptions {
  readonly tasks: Pick<TaskService, 'send' | 'cancel'>;
  /** What the caller may do by each credential that it may have shown: all of them must allow an order. */
  readonly rightsOf: (caller: InvocationCaller) => Promise<readonly (readonly Right[])[]>;
  readonly logger: Logger;
}

const cancelTimeoutMs = 10_000;

/**
 * How the fabric's own agent has others work: as a link in the caller's chain, with the caller's rights and roles. The same
 * invocation makes one task, also after a crash; when it is aborted, that task is cancelled.
 */
export function createExecute(options: ExecuteOptions): Execute {
  return async (execution) => {
    const { agentId, skill, invocation } = execution;
    const rights = await options.rightsOf(invocation.caller);
    const contexts = rights.map((allowed) => createContext(execution, allowed));
    const admission = createAdmission();
    const ask = { agentId, operation: 'call', ...(skill !== undefined && { skill }) } as const;
    for (const { principal } of contexts) admission.require(principal, ask);
    const [context] = contexts;
    if (context === undefined)
      throw new ParleyError('PERMISSION_DENIED', `${invocation.caller.id} is no longer known.`);
    return send(execution, context, options);
  };
}

async function send(execution: Execution, context: CallContext, options: ExecuteOptions): ReturnType<Execute> {
  const { agentId, invocation } = execution;
  const target = { agentId, endpointId: undefined };
  try {
    return await options.tasks.send(target, createRequest(execution, false), context, invocation.signal);
  } catch (thrown) {
    if (invocation.signal.aborted) await cancel(execution, context, options);
    throw thrown;
  }
}

/** The task is found by sending it again: the same key is the same task. */
async function cancel(execution: Execution, context: CallContext, { tasks, logger }: ExecuteOptions): Promise<void> {
  const target = { agentId: execution.agentId, endpointId: undefined };
  try {
    const again = createRequest(execution, true);
    const item = await tasks.send(target, again, context, AbortSignal.timeout(cancelTimeoutMs));
    if (item.kind === 'task') await tasks.cancel(target, { id: item.task.id }, context);
  } catch (thrown) {
    const { code, message } = ParleyError.from(thrown);
    if (code !== 'TASK_NOT_CANCELABLE') logger.warn('an order was not cancelled', { agentId: target.agentId, message });
  }
}

function createContext({ invocation, deadlineAtMs }: Execution, rights: readonly Right[]): CallContext {
  const { caller, agentId, trace } = invocation;
  const limits = [deadlineAtMs, invocation.deadlineAtMs].filter((limit) => limit !== undefined);
  const deadline = limits.length === 0 ? undefined : Math.min(...limits);
  return {
    principal: { kind: 'user', id: `agent:${agentId}`, roles: caller.roles, rights },
    chain: {
      origin: caller.id,
      ...(caller.roles.length > 0 && { roles: caller.roles }),
      path: [...caller.path, agentId],
      invocationId: invocation.id,
      deadlineAtMs: deadline,
      correlationId: trace.correlationId,
    },
    idempotencyKey: invocation.id,
    trace,
  };
}

/** The same execution makes the same message: what it is found again by. */
function createRequest(execution: Execution, returnImmediately: boolean): SendRequest {
  const { invocation, parts, skill, contextId, taskId } = execution;
  const message: Message = {
    messageId: taskId === undefined ? invocation.id : createId(),
    role: 'user',
    parts,
    ...(skill !== undefined && { metadata: { skill } }),
    ...(taskId === undefined ? contextId !== undefined && { contextId } : { taskId }),
  };
  return { message, configuration: { returnImmediately } };
}
