import type { Negotiation, Offer } from '../thread/negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import type { Draft } from './draft.ts';
import type { RequesterContext, RequesterTerms } from './requester-context.ts';

/** A price that the requester would pay. */
export function isAcceptable(offer: Offer, { rules, budget }: RequesterTerms): boolean {
  if (offer.state === 'rejected') return false;
  // Who accepts where no price was ever named works for none.
  return (offer.price === null && offer.isAgreed) || rules.judge(offer, budget).kind === 'accept';
}

/** Nothing more comes of talking: the price is taken, or the rounds are used up. */
export function isSettled(offer: Offer, request: TaskRequest, terms: RequesterTerms): boolean {
  if (isAcceptable(offer, terms)) return true;
  const last = offer.rounds.at(-1);
  const isAnswered = last === undefined || last.answer !== null;
  return isAnswered && offer.rounds.length >= (request.maxRounds ?? terms.maxRounds);
}

export interface Talks {
  readonly view: Negotiation;
  readonly request: TaskRequest;
  readonly context: RequesterContext;
  readonly draft: Draft;
  /** Nobody awards: a price that is taken is approved, of one provider at a time. */
  readonly approves: boolean;
}

/** Counters what is too dear, as long as there are rounds, and no provider twice before it has answered. */
export function negotiate(talks: Talks): void {
  const { view, approves } = talks;
  let isApproved = approves && waitsForAccepted(talks);
  for (const offer of view.offers) {
    if (!isSpeakersTurn(offer)) continue;
    const { terms } = talks.context;
    if (!isAcceptable(offer, terms)) counter(talks, offer);
    else if (approves && !isApproved) isApproved = approve(talks, offer);
  }
}

/** The provider has spoken last, and has not accepted yet. */
function isSpeakersTurn({ state, hasAccepted, rounds }: Offer): boolean {
  const last = rounds.at(-1);
  return state === 'standing' && !hasAccepted && (last === undefined || last.answer !== null);
}

function counter({ request, context, draft }: Talks, offer: Offer): void {
  const { rules, budget, maxRounds } = context.terms;
  if (offer.rounds.length >= (request.maxRounds ?? maxRounds)) return;
  const verdict = rules.judge(offer, budget);
  if (verdict.kind !== 'counter') return;
  draft.counter({ receiverId: offer.providerId, approved: false, offer: verdict.offer }, offer.recordId);
}

function approve({ context, draft }: Talks, offer: Offer): boolean {
  draft.counter({ receiverId: offer.providerId, approved: true, offer: offer.price }, offer.recordId);
  draft.wakeAt(context.nowMs + context.terms.confirmWithinMs);
  return true;
}

/** An approval is out whose provider may still accept. */
function waitsForAccepted({ view, context, draft }: Talks): boolean {
  const { nowMs, terms, isAlive } = context;
  const until = view.offers.flatMap(({ state, rounds, providerId }) => {
    const last = rounds.at(-1);
    const isOut = state === 'standing' && last?.isApproval === true && isAlive(providerId);
    return isOut && nowMs < last.atMs + terms.confirmWithinMs ? [last.atMs + terms.confirmWithinMs] : [];
  });
  for (const atMs of until) draft.wakeAt(atMs);
  return until.length > 0;
}
