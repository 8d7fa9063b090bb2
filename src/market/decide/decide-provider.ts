import type { Bid, OfferRules } from '../policies/offer-rules.ts';
import type { Award, Negotiation, Offer, Round } from '../thread/negotiation.ts';
import type { Thread } from '../thread/thread.ts';
import { currentAward, offerOf, viewNegotiation } from '../thread/view-negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import type { Decision } from './decision.ts';
import { createDraft, type Draft, nothing } from './draft.ts';

/** What a provider knows beside the thread. */
export interface ProviderContext {
  readonly nowMs: number;
  readonly providerId: string;
  readonly rules: OfferRules;
  /** It does the work itself. */
  readonly executes: boolean;
  /** How long it takes; null: it does not say. */
  readonly etaMs: number | null;
  /** Its queue is full or its breaker open: it makes no offers, and refuses awards. Ask again when that has ended. */
  readonly isBusy: boolean;
}

const latestBidMs = 60_000;

interface Situation {
  /** When the request came into the log; null: it is not there yet. */
  readonly placedAtMs: number | null;
  readonly view: Negotiation;
  readonly request: TaskRequest;
  readonly context: ProviderContext;
  readonly draft: Draft;
}

/** What a provider does next: bids, answers counter-offers, takes approvals, confirms or refuses an award. */
export function decideProvider(thread: Thread, context: ProviderContext): Decision {
  const view = viewNegotiation(thread);
  const { request, outcome } = view;
  const { providerId, nowMs } = context;
  if (request === null || outcome !== null || isAsker(request, providerId)) return nothing;
  const draft = createDraft({ thread, actorId: providerId, nowMs });
  const placedAtMs = placedAt(thread, view.requestRecordId);
  const situation = { placedAtMs, view, request, context, draft };
  const offer = offerOf(view, providerId);
  const award = currentAward(view);
  if (award?.providerId === providerId && award.state === 'pending') confirm(situation, offer, award);
  else if (award !== undefined) return nothing;
  else if (offer === undefined) bid(situation);
  else if (offer.state === 'standing') goOn(situation, offer);
  return draft.done();
}

function isAsker({ requesterId, awardedBy }: TaskRequest, agentId: string): boolean {
  return agentId === requesterId || agentId === awardedBy;
}

function bid(situation: Situation): void {
  const { view, request, context, draft } = situation;
  const { providerId, executes, etaMs, isBusy, rules } = context;
  if (isBusy || !isOpen(situation)) return;
  const made = rules.bid(request);
  const said = { providerId, executes, etaMs, message: made.message, counterOffer: made.price };
  draft.respond({ ...said, status: statusOf(made, request) }, view.requestRecordId);
  // The original's requester reads prices in rounds only.
  if (request.awardedBy === null && made.status === 'NEGOTIATING') {
    const opening = { receiverId: request.requesterId, approved: false, offer: made.price };
    draft.counter({ ...opening, message: made.message }, view.requestRecordId);
  }
}

/** Where somebody awards, ACCEPTED confirms an award: an offer at the price that was proposed is an offer, too. */
function statusOf({ status }: Bid, { awardedBy }: TaskRequest): Bid['status'] {
  return awardedBy !== null && status === 'ACCEPTED' ? 'NEGOTIATING' : status;
}

/**
 * Who asks waits longer than it has said when the log was away meanwhile: what was asked for then, or answered, comes late. Who does not
 * wait any more has said so, or will.
 */
function isOpen({ request, placedAtMs, context: { nowMs } }: Situation): boolean {
  const { offersUntil, timestamp, deadline } = request;
  const lateMs = Math.max(0, (placedAtMs ?? timestamp) - timestamp) + latestBidMs;
  return nowMs <= (offersUntil ?? nowMs) + lateMs && nowMs <= (deadline ?? nowMs);
}

function placedAt({ records }: Thread, id: string | null): number | null {
  return records.find(({ recordId }) => recordId === id)?.place?.atMs ?? null;
}

function goOn(situation: Situation, offer: Offer): void {
  const round = offer.rounds.at(-1);
  if (round === undefined || round.answer !== null || offer.hasAccepted) return;
  if (round.isApproval) takeApproval(situation, offer, round);
  else answer(situation, offer, round);
}

function answer({ request, context, draft }: Situation, offer: Offer, round: Round): void {
  const said = context.rules.answer(round, offer);
  const to = { receiverId: request.requesterId, negotiationRound: round.round };
  draft.counter({ ...said, ...to }, round.recordId);
}

/** Where nobody awards, the approval of a price that it asked for, or that its rules agree to, is taken. */
function takeApproval(situation: Situation, offer: Offer, round: Round): void {
  const { request, context, draft } = situation;
  if (request.awardedBy !== null || !isOpen(situation)) return;
  if (!covers(offer, round.offer) && !context.rules.answer(round, offer).approved) {
    answer(situation, offer, round);
    return;
  }
  draft.respond(accepted(situation, round.offer ?? offer.price), round.recordId);
}

function confirm(situation: Situation, offer: Offer | undefined, award: Award): void {
  const { context, draft } = situation;
  const refusal = refuse(situation, offer, award);
  const said = { providerId: context.providerId, award: award.fence };
  if (refusal === undefined) draft.respond({ ...accepted(situation, award.price), ...said }, award.recordId);
  else draft.respond({ ...said, ...refusal, status: 'REJECTED' }, award.recordId);
}

interface Refusal {
  readonly message: string;
  readonly code: string;
}

function refuse({ request, context }: Situation, offer: Offer | undefined, award: Award): Refusal | undefined {
  if (offer?.state !== 'standing') return { message: 'No offer of mine stands', code: 'CONFLICT' };
  if (context.isBusy) return { message: 'Too much work is waiting', code: 'QUEUE_FULL' };
  const deadline = award.deadline ?? request.deadline;
  if (deadline !== null && context.nowMs > deadline)
    return { message: 'The deadline has passed', code: 'DEADLINE_EXCEEDED' };
  if (covers(offer, award.price)) return undefined;
  return { message: `My price is $${offer.askedPrice}`, code: 'CONFLICT' };
}

/** Whether the price is at least what the provider itself has named; without a price of its own any is. */
function covers({ askedPrice }: Offer, price: number | null): boolean {
  return askedPrice === null || (price !== null && price >= askedPrice);
}

function accepted(
  { context }: Situation,
  price: number | null,
): {
  readonly status: 'ACCEPTED';
  readonly providerId: string;
  readonly counterOffer: number | null;
  readonly executes: boolean;
  readonly etaMs: number | null;
  readonly message: string;
} {
  const { providerId, executes, etaMs } = context;
  const message = price === null ? 'Task accepted' : `Task accepted at $${price}`;
  return { status: 'ACCEPTED', providerId, counterOffer: price, executes, etaMs, message };
}
