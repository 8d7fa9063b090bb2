import type { SkillRecord } from '../agents/index.ts';
import { createId, ParleyError } from '../base/index.ts';
import type { Message, SendRequest } from '../protocol/index.ts';
import { type CallChain, extendChain, rolesOf } from '../security/index.ts';
import type { ActiveTask } from './active-task.ts';
import type { CallContext, Target } from './call-context.ts';
import type { SubmittedEvent } from './events.ts';
import { hasEnded, type TaskState } from './fold.ts';

export interface Submission {
  readonly taskId: string;
  readonly target: Target;
  readonly skill: SkillRecord;
  readonly request: SendRequest;
  readonly context: CallContext;
  /** The chain of calls that this one continues, when an agent calls. */
  readonly chain: CallChain | undefined;
  readonly nowMs: number;
}

/** The first event of a new task's journal. Throws CHAIN_REFUSED for a loop or a chain that is too deep. */
export function createSubmission(submission: Submission): SubmittedEvent {
  const { taskId, target, skill, request, context, nowMs } = submission;
  const contextId = request.message.contextId ?? createId(nowMs);
  const { origin, roles, path, deadlineAtMs, correlationId } = extendChain({
    chain: submission.chain,
    origin: context.principal.id,
    roles: rolesOf(context.principal),
    agentId: target.agentId,
    invocationId: '',
    deadlineAtMs: context.deadlineAtMs,
    correlationId: context.trace.correlationId,
  });
  const { traceparent } = context.trace;
  return {
    type: 'submitted',
    at: nowMs,
    agentId: target.agentId,
    ...(target.endpointId !== undefined && { endpointId: target.endpointId }),
    owner: context.principal.id,
    contextId,
    skill: skill.id,
    message: { ...request.message, taskId, contextId },
    ...(request.metadata && { metadata: request.metadata }),
    ...(deadlineAtMs !== undefined && { deadlineAtMs }),
    correlationId,
    ...(traceparent !== undefined && { traceparent }),
    origin,
    ...(roles && { roles }),
    path: path.slice(0, -1),
    ...(submission.chain && { startedBy: submission.chain.invocationId }),
  };
}

/** The task that a further message goes to, when it fits: it has not ended, and the context is the task's own. */
export function checkFollowUp(state: TaskState, message: Message, task: ActiveTask | undefined): ActiveTask {
  if (!task?.isOpen || hasEnded(state)) {
    const { id, status } = state;
    throw new ParleyError(
      'UNSUPPORTED_OPERATION',
      `Task ${id} has ended (${status.state}). Send without a taskId to begin a new one.`,
    );
  }
  if (message.contextId === undefined || message.contextId === state.submitted.contextId) return task;
  throw new ParleyError(
    'INVALID_PARAMS',
    `Task ${state.id} belongs to another context. Leave contextId out, or give the task's own.`,
    {
      details: { violations: [{ field: 'message.contextId', description: 'is not the context of the task' }] },
    },
  );
}
