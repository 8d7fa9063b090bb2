import type { MarketAward, MarketOffer, Negotiation, NegotiationThread, ThreadEntry } from '../port.ts';
import type { Award, Offer, Negotiation as View } from '../thread/negotiation.ts';
import { type MarketRecord, senderOf } from '../wire/records.ts';
import { listedPhase, type NegotiationState } from './negotiation-journal.ts';
import { readAny } from './read-parts.ts';

/** A negotiation as the market's callers see it. */
export function toView(state: NegotiationState): Negotiation {
  const { negotiation, taskId, createdAtMs, updatedAtMs } = state;
  const { request, awards, offers, phase } = negotiation;
  const last = awards.at(-1);
  return {
    ...{ taskId, requesterId: request?.requesterId ?? '', description: request?.description ?? '' },
    ...{ phase: listedPhase(phase), priority: request?.priority ?? 1, createdAtMs, updatedAtMs },
    requiredCapabilities: request?.requiredCapabilities ?? [],
    ...present('proposedCost', request?.proposedCost),
    ...present('deadlineAtMs', request?.deadline),
    ...present('offersUntilMs', request?.offersUntil),
    offers: offers.map(toOffer),
    awards: awards.map((award) => toAward(award, negotiation)),
    rounds: offers.reduce((sum, { rounds }) => sum + rounds.length, 0),
    ...present('progress', last?.progress),
    ...outcomeOf(negotiation),
  };
}

/** With its records. */
export function toThreadView(state: NegotiationState): NegotiationThread {
  return { ...toView(state), records: state.thread.records.map(toEntry) };
}

function outcomeOf({ outcome, awards }: View): Pick<Negotiation, 'result' | 'message' | 'code'> {
  const said = outcome?.message ?? awards.at(-1)?.message;
  const result = outcome?.result == null ? undefined : readAny(outcome.result);
  const isFailure = outcome !== null && outcome.status !== 'completed';
  return { ...present('message', said), ...present('result', result), ...(isFailure && present('code', outcome.code)) };
}

function toOffer(offer: Offer): MarketOffer {
  const { providerId, state, price, etaMs, executes, message, atMs } = offer;
  return {
    ...{ providerId, state: state === 'standing' ? 'offered' : 'rejected', price, executes, atMs },
    ...present('etaMs', etaMs),
    ...present('message', message),
  };
}

function toAward(award: Award, { awards, outcome }: View): MarketAward {
  const { fence, providerId, workerId, executorId, price, atMs } = award;
  const isLast = award === awards.at(-1);
  const executor = workerId ?? executorId;
  return {
    ...{ number: fence, providerId, price, atMs, state: stateOf(award, isLast, outcome?.status === 'withdrawn') },
    ...present('executorId', executor),
  };
}

function stateOf({ state }: Award, isLast: boolean, isWithdrawn: boolean): MarketAward['state'] {
  if (state === 'refused' || state === 'failed') return 'failed';
  if (!isLast && state !== 'completed') return 'replaced';
  if (isWithdrawn && state !== 'completed') return 'withdrawn';
  return state === 'pending' ? 'awarded' : state;
}

function toEntry(record: MarketRecord): ThreadEntry {
  const { recordId, causationId, topic, place, isVerified, value } = record;
  return {
    ...{ recordId, topic, actorId: senderOf(record), atMs: place?.atMs ?? value.timestamp, isVerified },
    ...present('causationId', causationId),
    ...(place !== null && { partition: place.partition, offset: place.offset }),
    value: { ...value },
  };
}

function present<Key extends string, Value>(
  key: Key,
  value: Value | null | undefined,
): { readonly [K in Key]?: NonNullable<Value> } {
  return (value == null ? {} : { [key]: value }) as { readonly [K in Key]?: NonNullable<Value> };
}
