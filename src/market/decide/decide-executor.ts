import type { Award, Negotiation } from '../thread/negotiation.ts';
import type { Thread } from '../thread/thread.ts';
import { currentAward, viewNegotiation } from '../thread/view-negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import type { Decision, ExecuteAction } from './decision.ts';
import { nothing } from './draft.ts';

/** What an executor knows beside the thread. */
export interface ExecutorContext {
  readonly nowMs: number;
  readonly executorId: string;
  /** It takes awards of providers that do not work themselves. Without it, only those that are left to it alone. */
  readonly isInPool: boolean;
  /** The fence that it works under now; null: it does not work on this task. */
  readonly workingFence: number | null;
}

const maxPriority = 10;

/**
 * What an executor does next: takes the award that counts, or stops what counts no longer. What is in work already is the business of its lease:
 * nobody is told to begin it again.
 */
export function decideExecutor(thread: Thread, context: ExecutorContext): Decision {
  const view = viewNegotiation(thread);
  const { request, taskId } = view;
  const { workingFence } = context;
  const stopped = workingFence === null ? undefined : whyStopped(view, workingFence, context.executorId);
  if (workingFence !== null && stopped !== undefined) {
    return { actions: [{ kind: 'stop', taskId, fence: workingFence, reason: stopped }], wakeAtMs: null };
  }
  const award = currentAward(view);
  if (request === null || award === undefined || workingFence !== null || view.outcome !== null) return nothing;
  if (!mayTake(award, request, context)) return nothing;
  return { actions: [execute(request, award)], wakeAtMs: null };
}

/** The key under which an award's work is done wherever it is done. */
export function awardKey(taskId: string, fence: number): string {
  return `award/${taskId}/${fence}`;
}

function whyStopped(view: Negotiation, workingFence: number, executorId: string): string | undefined {
  if (view.outcome !== null) {
    const isOwn = view.outcome.status === 'completed' && view.outcome.executorId === executorId;
    return isOwn ? undefined : `The request is ${view.outcome.status}`;
  }
  const award = currentAward(view);
  if (award?.fence === workingFence) return undefined;
  return `Award ${workingFence} was replaced by ${view.fence}`;
}

function mayTake(award: Award, request: TaskRequest, context: ExecutorContext): boolean {
  const { executorId, isInPool, nowMs } = context;
  if (award.executorId === null ? !isInPool : award.executorId !== executorId) return false;
  const deadline = award.deadline ?? request.deadline;
  if (deadline !== null && nowMs > deadline) return false;
  return award.state === 'confirmed';
}

function execute({ taskId, description, input, priority, deadline }: TaskRequest, award: Award): ExecuteAction {
  return {
    ...{ kind: 'execute', taskId, fence: award.fence, idempotencyKey: awardKey(taskId, award.fence) },
    ...{ providerId: award.providerId, description, input },
    // Whatever a stranger writes, ageing overtakes it.
    priority: Math.min(maxPriority, Math.max(0, priority)),
    deadline: award.deadline ?? deadline,
    sinceMs: award.atMs,
  };
}
