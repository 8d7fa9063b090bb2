import type { SkillRecord } from '../agents/index.ts';
import { createId } from '../base/index.ts';
import type { SendRequest } from '../protocol/index.ts';
import { type CallChain, extendChain, rolesOf } from '../security/index.ts';
import type { CallContext, Target } from './call-context.ts';
import type { SubmittedEvent } from './events.ts';
import type { NodeLife } from './seat.ts';

export interface Submission {
  readonly taskId: string;
  readonly target: Target;
  readonly skill: SkillRecord;
  readonly request: SendRequest;
  readonly context: CallContext;
  /** The chain of calls that this one continues, when an agent calls. */
  readonly chain: CallChain | undefined;
  readonly nowMs: number;
  /** The node that accepts it, when several use the store. */
  readonly node: NodeLife | undefined;
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
  const causationId = context.causationId ?? submission.chain?.taskId;
  const party = context.party ?? submission.chain?.party;
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
    ...(causationId !== undefined && { causationId }),
    ...(party !== undefined && { party }),
    ...(submission.node && { node: submission.node }),
  };
}
