import { nextRecordId, type Thread } from '../thread/thread.ts';
import { viewNegotiation } from '../thread/view-negotiation.ts';
import type { MarketMessage, NegotiationMessage, TaskAward, TaskResponse } from '../wire/records.ts';
import type { Action, Decision, SendAction } from './decision.ts';

/** What every record of ours needs: whose it is, in which thread, when. */
export interface Author {
  readonly thread: Thread;
  readonly actorId: string;
  readonly nowMs: number;
}

/** A decision that is being made: records get the next ids of their author, in the order in which they are added. */
export interface Draft {
  respond(response: Said<TaskResponse, 'status'>, causationId: string | null): void;
  counter(message: Said<NegotiationMessage, 'receiverId' | 'approved' | 'offer'>, causationId: string | null): void;
  award(award: Said<TaskAward, 'award' | 'providerId'>, causationId: string | null): void;
  add(action: Action): void;
  /** Asks again no later than this. */
  wakeAt(atMs: number): void;
  done(): Decision;
}

type Said<Value, Needed extends keyof Value> = Partial<Omit<Value, 'taskId' | 'timestamp'>> & Pick<Value, Needed>;

/** An empty decision of that author. */
export function createDraft({ thread, actorId, nowMs }: Author): Draft {
  const actions: Action[] = [];
  let wakeAtMs: number | null = null;
  let sent = 0;
  const base = { taskId: thread.taskId, timestamp: nowMs };
  const send = (message: MarketMessage, causationId: string | null): void => {
    actions.push({ kind: 'send', recordId: nextRecordId(thread, actorId, sent++), causationId, message });
  };
  return {
    respond: (said, cause) =>
      send({ topic: 'task-responses', value: { ...emptyResponse(actorId), ...base, ...said } }, cause),
    counter(said, cause) {
      const negotiationRound = said.negotiationRound ?? nextRound(thread, said.receiverId);
      const value = { ...base, senderId: actorId, message: null, ...said, negotiationRound };
      send({ topic: 'negotiations', value }, cause);
    },
    award: (said, cause) => send({ topic: 'task-awards', value: { ...emptyAward(actorId), ...base, ...said } }, cause),
    add: (action) => actions.push(action),
    wakeAt(atMs) {
      wakeAtMs = Math.min(atMs, wakeAtMs ?? atMs);
    },
    done: () => ({ actions, wakeAtMs }),
  };
}

/** A single response as an action: what an executor says of its work. */
export function createResponse(
  author: Author,
  said: Said<TaskResponse, 'status'>,
  causationId: string | null,
): SendAction {
  const draft = createDraft(author);
  draft.respond(said, causationId);
  const [action] = draft.done().actions;
  return action as SendAction;
}

/** Nothing to do. */
export const nothing: Decision = { actions: [], wakeAtMs: null };

function nextRound(thread: Thread, providerId: string): number {
  const rounds = viewNegotiation(thread).offers.find((offer) => offer.providerId === providerId)?.rounds ?? [];
  return rounds.length + 1;
}

type Empty<Value> = Omit<Value, 'taskId' | 'timestamp'>;

function emptyResponse(responderId: string): Omit<Empty<TaskResponse>, 'status'> {
  return {
    ...{ responderId, counterOffer: null, message: null, providerId: null, award: null, executes: false },
    ...{ etaMs: null, progress: null, result: null, code: null },
  };
}

function emptyAward(requesterId: string): Omit<Empty<TaskAward>, 'award' | 'providerId'> {
  return {
    ...{ requesterId, executorId: null, price: null, deadline: null },
    ...{ withdrawn: false, reason: null, code: null },
  };
}
