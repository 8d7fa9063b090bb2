import { hasCode } from '../../base/index.ts';
import { awardKey } from '../decide/decide-executor.ts';
import type { ExecuteAction } from '../decide/decision.ts';
import { createResponse } from '../decide/draft.ts';
import { currentAward, hasEnded } from '../thread/view-negotiation.ts';
import type { TaskResponse } from '../wire/records.ts';
import type { AwardClaim, NegotiationEvent, NegotiationState } from './negotiation-journal.ts';
import { tellParts } from './read-parts.ts';
import { recordOf } from './record-of.ts';

/** An award that an executor of this node has said it takes, or works on. */
export interface Execution {
  readonly agentId: string;
  readonly action: ExecuteAction;
  readonly sinceMs: number;
  readonly controller: AbortController;
  /** `claimed`: its word is not in the log yet. */
  phase: 'claimed' | 'running';
  done: Promise<void>;
}

/** What an executor says of an award. */
export type Said = Partial<TaskResponse> & Pick<TaskResponse, 'status'>;

/** An execution that begins with a claim. */
export function createExecution(agentId: string, action: ExecuteAction, nowMs: number): Execution {
  const controller = new AbortController();
  return { agentId, action, sinceMs: nowMs, controller, phase: 'claimed', done: Promise.resolve() };
}

/** What an executor was asked for whose award this is, from the negotiation alone; undefined when there is none. */
export function actionOf({ negotiation, taskId }: NegotiationState, fence: number): ExecuteAction | undefined {
  const { request } = negotiation;
  const award = currentAward(negotiation);
  if (request === null || award === undefined) return undefined;
  return {
    ...{ kind: 'execute', taskId, fence, idempotencyKey: awardKey(taskId, fence) },
    ...{ providerId: award.providerId, description: request.description, input: request.input },
    ...{ priority: request.priority, deadline: award.deadline ?? request.deadline, sinceMs: award.atMs },
  };
}

/** What the executor says, as an event of the negotiation. */
export function sayOf(
  state: NegotiationState,
  { agentId, action }: Pick<Execution, 'agentId' | 'action'>,
  said: Said,
  nowMs: number,
): NegotiationEvent {
  const author = { thread: state.thread, actorId: agentId, nowMs };
  const award = currentAward(state.negotiation);
  // The original's requester knows neither awards nor results: what came out is in what it is told.
  const isOriginal = award?.isImplicit === true;
  const about = { providerId: action.providerId, award: isOriginal ? null : action.fence };
  const message = said.message ?? (isOriginal ? tellParts(said.result ?? null) : null);
  const response = createResponse(author, { ...about, ...said, message }, award?.recordId ?? null);
  return { type: 'record', record: recordOf(state, response) };
}

/** Nobody has taken the award yet. */
export function isFree({ negotiation }: NegotiationState, fence: number): boolean {
  const award = currentAward(negotiation);
  return !hasEnded(negotiation) && award?.fence === fence && award.state === 'confirmed' && award.workerId === null;
}

/** The award counts, and is the executor's. */
export function isClaimed({ negotiation }: NegotiationState, agentId: string, fence: number): boolean {
  const award = currentAward(negotiation);
  if (hasEnded(negotiation) || award?.fence !== fence) return false;
  return award.state === 'running' && award.workerId === agentId;
}

/** The executor's word on this award is in the log, where its place decides who was first. */
export function isPlaced({ thread }: NegotiationState, { agentId, fence }: AwardClaim): boolean {
  return thread.records.some(
    ({ topic, value, place }) =>
      topic === 'task-responses' &&
      value.responderId === agentId &&
      value.status === 'RUNNING' &&
      (value.award === fence || value.award === null) &&
      place !== null,
  );
}

/** It was stopped because nobody wants it any more, not because the node stops or another one has it. */
export function isUnwanted({ controller }: Execution): boolean {
  const { reason } = controller.signal;
  return controller.signal.aborted && hasCode(reason, 'CANCELED') && reason.details['nodeStops'] !== true;
}
