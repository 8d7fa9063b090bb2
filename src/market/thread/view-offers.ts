import type { Offer, Round, RoundAnswer } from './negotiation.ts';
import { isAsker, isFaithful, type RecordOf, recordsOf, type Scene } from './scene.ts';

/** One offer for each provider that has said anything, in the order of their first words, responses before rounds. */
export function viewOffers(scene: Scene): readonly Offer[] {
  const offers = new Map<string, Offer>();
  for (const record of recordsOf(scene, 'task-responses')) addResponse(offers, scene, record);
  for (const record of recordsOf(scene, 'negotiations')) addMessage(offers, scene, record);
  return [...offers.values()].map((offer) => settle(offer, scene));
}

function addResponse(offers: Map<string, Offer>, { request }: Scene, record: RecordOf<'task-responses'>): void {
  const { value } = record;
  if (value.award !== null || isAsker(request.value, value.responderId)) return;
  const earlier = offers.get(value.responderId);
  if (earlier !== undefined && !isFaithful(record, earlier)) return;
  const offer = respond(earlier ?? emptyOffer(record, value.responderId), record);
  if (offer !== undefined) offers.set(value.responderId, offer);
}

/** What a response without a fence says as an offer; undefined: nothing. */
function respond(offer: Offer, record: RecordOf<'task-responses'>): Offer | undefined {
  const { status, counterOffer, executes, etaMs, message, timestamp } = record.value;
  const said = { ...offer, executes, etaMs, message, atMs: timestamp, recordId: record.recordId };
  switch (status) {
    case 'NEGOTIATING':
      // It has accepted before, which no offer takes back.
      return offer.hasAccepted ? offer : { ...said, state: 'standing', price: counterOffer };
    case 'ACCEPTED':
      return offer.hasAccepted ? offer : { ...said, state: 'standing', price: counterOffer, hasAccepted: true };
    case 'REJECTED':
      return { ...said, state: 'rejected', hasAccepted: false };
    default:
      return undefined;
  }
}

function emptyOffer(record: RecordOf<'task-responses' | 'negotiations'>, providerId: string): Offer {
  const { isOriginal, isVerified, recordId } = record;
  return {
    ...{ providerId, state: 'standing', price: null, askedPrice: null, isAgreed: false, executes: false, etaMs: null },
    ...{ message: null, isOriginal, isVerified, hasAccepted: false, rounds: [] },
    ...{ atMs: record.value.timestamp, recordId },
  };
}

function addMessage(offers: Map<string, Offer>, { request }: Scene, record: RecordOf<'negotiations'>): void {
  const { senderId, receiverId } = record.value;
  const fromAsker = isAsker(request.value, senderId);
  if (fromAsker === isAsker(request.value, receiverId)) return;
  const providerId = fromAsker ? receiverId : senderId;
  const earlier = offers.get(providerId);
  if (!isFaithful(record, fromAsker ? request : (earlier ?? record))) return;
  if (fromAsker && earlier === undefined) return;
  const offer = earlier ?? emptyOffer(record, providerId);
  offers.set(providerId, fromAsker ? addRound(offer, record) : addAnswer(offer, record));
}

function addRound(offer: Offer, { recordId, value }: RecordOf<'negotiations'>): Offer {
  const { negotiationRound, approved, offer: price, timestamp } = value;
  const round: Round = {
    round: negotiationRound,
    offer: price,
    isApproval: approved,
    recordId,
    atMs: timestamp,
    answer: null,
  };
  return { ...offer, rounds: [...offer.rounds, round] };
}

/** The answer to the last round that has none; without such a round it names a price (an original begins that way). */
function addAnswer(offer: Offer, { recordId, value }: RecordOf<'negotiations'>): Offer {
  const { approved, offer: price, message } = value;
  const answer: RoundAnswer = { approved, offer: price, message, recordId };
  const open = offer.rounds.findIndex((round) => round.answer === null && !round.isApproval);
  const said = { ...offer, atMs: value.timestamp, recordId };
  if (open >= 0) {
    return { ...said, rounds: offer.rounds.map((round, index) => (index === open ? { ...round, answer } : round)) };
  }
  return offer.hasAccepted || price === null ? offer : { ...said, price };
}

/** Price and agreement after all that was said. */
function settle(offer: Offer, { request }: Scene): Offer {
  if (offer.state === 'rejected') return offer;
  const { proposedCost } = request.value;
  const price = priceOf(offer, proposedCost);
  const settled = { ...offer, price, askedPrice: askedPriceOf(offer) };
  return { ...settled, isAgreed: isAgreed(settled, proposedCost) };
}

function priceOf(offer: Offer, proposedCost: number | null): number | null {
  if (offer.hasAccepted) return offer.price ?? lastPrice(offer) ?? proposedCost;
  return lastPrice(offer) ?? offer.price;
}

/** What the rounds made of the price; null: nothing. A refusal leaves what was there. */
function lastPrice({ rounds }: Offer): number | null {
  let price: number | null = null;
  for (const { offer, isApproval, answer } of rounds) {
    if (isApproval) price = offer ?? price;
    else if (answer?.approved === true) price = answer.offer ?? offer ?? price;
    else price = answer?.offer ?? price;
  }
  return price;
}

function askedPriceOf({ rounds, price, hasAccepted }: Offer): number | null {
  const named = rounds.findLast(({ answer }) => answer !== null && (answer.approved || answer.offer !== null));
  if (named === undefined || hasAccepted) return price;
  return named.answer?.offer ?? named.offer;
}

/** A yes to more than was offered is none, whatever the provider calls it. */
function isAgreed({ price, rounds, hasAccepted }: Offer, proposedCost: number | null): boolean {
  const offered = rounds.findLast(({ offer }) => offer !== null)?.offer ?? proposedCost;
  const last = rounds.at(-1);
  const hasSaidYes = hasAccepted || last === undefined || last.isApproval || last.answer?.approved === true;
  if (!hasSaidYes) return false;
  return price === null ? hasAccepted && offered === null : offered !== null && price <= offered;
}
