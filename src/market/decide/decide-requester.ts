import { type Candidate, rankCandidates } from '../policies/award-policy.ts';
import { noReputation } from '../policies/reputation.ts';
import type { Negotiation, Offer } from '../thread/negotiation.ts';
import type { Thread } from '../thread/thread.ts';
import { currentAward, viewNegotiation } from '../thread/view-negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import type { Decision } from './decision.ts';
import { createDraft, type Draft, nothing } from './draft.ts';
import { type AwardVerdict, judgeAward } from './judge-award.ts';
import { type Patience, waitFor } from './log-sight.ts';
import { isAcceptable, isSettled, negotiate } from './negotiate.ts';
import type { RequesterContext } from './requester-context.ts';

interface Situation {
  readonly thread: Thread;
  readonly view: Negotiation;
  readonly request: TaskRequest;
  readonly context: RequesterContext;
  readonly draft: Draft;
}

/**
 * What a requester does next: negotiates, awards, awards again when an award came to nothing, gives up, takes the request back. Where its
 * request says that nobody awards, it approves and counters as the original's requester does, one approval at a time.
 */
export function decideRequester(thread: Thread, context: RequesterContext): Decision {
  const view = viewNegotiation(thread);
  const { request, outcome } = view;
  const { requesterId, nowMs } = context;
  if (request === null || outcome !== null || request.requesterId !== requesterId) return nothing;
  const draft = createDraft({ thread, actorId: requesterId, nowMs });
  const situation = { thread, view, request, context, draft };
  if (context.withdrawal !== null) {
    withdraw(situation, { reason: context.withdrawal.reason, code: 'CANCELED' });
  } else if (request.deadline !== null && nowMs > request.deadline) {
    withdraw(situation, { reason: 'The deadline has passed', code: 'DEADLINE_EXCEEDED' });
  } else {
    if (request.deadline !== null) draft.wakeAt(request.deadline + 1);
    goOn(situation);
  }
  return draft.done();
}

/** Whether offers are awaited no longer. */
function awaitOffers({ thread, view, request, context }: Situation): Patience {
  const { timestamp, offersUntil } = request;
  const ms = offersUntil === null ? context.terms.offersWithinMs : Math.max(0, offersUntil - timestamp);
  const sinceMs = isPublished(thread, view.requestRecordId) ? timestamp : null;
  return waitFor({ sinceMs, ms }, context.log, context.nowMs);
}

function wakeAt(draft: Draft, atMs: number | null): void {
  if (atMs !== null) draft.wakeAt(atMs);
}

/** It is in the log: others can know of it. */
function isPublished({ records }: Thread, id: string | null): boolean {
  return records.some(({ recordId, place }) => recordId === id && place !== null);
}

function goOn(situation: Situation): void {
  const { thread, view, request, context, draft } = situation;
  const award = currentAward(view);
  if (request.awardedBy === null) {
    if (award === undefined) negotiate({ ...situation, approves: true });
    return;
  }
  if (request.awardedBy !== context.requesterId) return;
  const given = award && { ...award, isPublished: isPublished(thread, award.recordId) };
  const verdict = given && judgeAward(given, context);
  if (verdict?.kind === 'going') wakeAt(draft, verdict.againMs);
  else if (verdict?.kind === 'over') withdraw(situation, { reason: verdict.message, code: verdict.code });
  else tender(situation, verdict);
}

/** Awards when the time has come; before, negotiates. `lost`: an award came to nothing, whoever is left is awarded at once. */
function tender(situation: Situation, lost: Extract<AwardVerdict, { kind: 'lost' }> | undefined): void {
  const waited = awaitOffers(situation);
  const isTime = waited.isUp || hasHeardAll(situation);
  const [best] = isTime || lost !== undefined ? rank(situation) : [];
  if (best !== undefined) {
    award(situation, best.offer, lost?.why ?? null);
  } else if (isTime) {
    withdraw(situation, lost === undefined ? noOffer(situation) : { reason: lost.why, code: lost.code });
  } else {
    negotiate({ ...situation, approves: false });
    if (!waited.isUp) wakeAt(situation.draft, waited.againMs);
  }
}

/** Every provider that is known has said its last word. */
function hasHeardAll({ view, request, context }: Situation): boolean {
  const { providers, terms } = context;
  const isDone = (offer: Offer): boolean => offer.state === 'rejected' || isSettled(offer, request, terms);
  if (providers.length === 0 || !view.offers.every(isDone)) return false;
  return providers.every(({ providerId }) => view.offers.some((offer) => offer.providerId === providerId));
}

function rank({ view, request, context }: Situation): readonly Candidate[] {
  const { terms, isAlive } = context;
  const tried = new Set(view.awards.map(({ providerId }) => providerId));
  const fit = view.offers.filter(
    (offer) => isAcceptable(offer, terms) && !tried.has(offer.providerId) && isAlive(offer.providerId),
  );
  const candidates = fit.map((offer) => toCandidate(offer, context));
  return rankCandidates(candidates, terms.policy, request);
}

function toCandidate(offer: Offer, { providers }: RequesterContext): Candidate {
  const known = providers.find(({ providerId }) => providerId === offer.providerId);
  const { capabilities = [], reputation = noReputation, lastAwardedAtMs = null } = known ?? {};
  return { offer, capabilities, reputation, lastAwardedAtMs };
}

function award({ view, request, context, draft }: Situation, offer: Offer, reason: string | null): void {
  const { providerId, price, executes } = offer;
  const terms = { price, deadline: request.deadline, executorId: executes ? providerId : null, reason };
  draft.award({ award: view.fence + 1, providerId, ...terms }, offer.recordId);
  // An original knows no awards: it accepts when its price is approved.
  if (offer.isOriginal && !offer.hasAccepted) {
    draft.counter({ receiverId: providerId, approved: true, offer: price }, offer.recordId);
  }
  draft.wakeAt(context.nowMs + context.terms.confirmWithinMs);
}

interface Ending {
  readonly reason: string | null;
  readonly code: string;
}

function withdraw({ view, draft }: Situation, { reason, code }: Ending): void {
  const last = currentAward(view);
  const providerId = last?.providerId ?? '';
  draft.award(
    { award: view.fence + 1, providerId, withdrawn: true, reason, code },
    last?.recordId ?? view.requestRecordId,
  );
}

function noOffer({ view, context }: Situation): Ending {
  const standing = view.offers.filter(({ state }) => state === 'standing').length;
  const { budget } = context.terms;
  const limit = budget === null ? '' : ` within ${budget}`;
  const reason = `None of ${view.offers.length} providers that answered has made an offer${limit}; ${standing} offers stand`;
  return { reason, code: 'NO_OFFER' };
}
