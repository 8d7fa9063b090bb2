import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alwaysThere, asRecord, foldThread, placed, request, response, round, taskId } from '../market.fixture.ts';
import { resolveAwardPolicy } from '../policies/award-policy.ts';
import { createOfferRules } from '../policies/offer-rules.ts';
import { createRequesterRules } from '../policies/requester-rules.ts';
import type { Thread } from '../thread/thread.ts';
import { currentAward, viewNegotiation } from '../thread/view-negotiation.ts';
import { type MarketMessage, type MarketRecord, type NegotiationMessage, senderOf } from '../wire/records.ts';
import { decideExecutor } from './decide-executor.ts';
import { decideProvider } from './decide-provider.ts';
import { decideRequester } from './decide-requester.ts';
import type { Decision } from './decision.ts';
import { defaultTimes } from './requester-context.ts';

/** An agent of the original fleet, by the rules of the interop facts: it answers each record once. */
type Original = (record: MarketRecord) => readonly MarketMessage[];

const originalRequester: Original = ({ topic, value }) => {
  if (topic !== 'negotiations' || value.receiverId !== 'old') return [];
  const { offer, senderId } = value;
  if (offer !== null && offer !== 0 && offer <= 100) return [round('old', senderId, { approved: true, offer })];
  return [round('old', senderId, { offer: offer === null || offer === 0 ? 50 : offer * 0.8 })];
};

const originalProvider =
  (cost: number): Original =>
  ({ topic, value }) => {
    if (topic === 'task-requests') {
      const offer = Math.min(cost * 1.2, 150);
      return [response('old', 'NEGOTIATING', { counterOffer: offer }), round('old', 'req', { offer })];
    }
    if (topic !== 'negotiations' || value.receiverId !== 'old') return [];
    return answerAsOriginal(value);
  };

function answerAsOriginal({ approved, offer }: NegotiationMessage): readonly MarketMessage[] {
  if (approved) return [response('old', 'ACCEPTED', { counterOffer: offer, message: `Task accepted at $${offer}` })];
  const isEnough = offer !== null && offer >= 30;
  return [round('old', 'req', { negotiationRound: 2, approved: isEnough, offer: isEnough ? offer : null })];
}

/** An agent of ours, at a time. */
type Ours = (thread: Thread, nowMs: number) => Decision;

/** Has ours and an original talk until both are silent, also when the time for offers is over; the log is in the order in which they spoke. */
function converse(first: MarketMessage, ours: readonly Ours[], original: Original): Thread {
  const log: MarketRecord[] = [];
  const say = (message: MarketMessage, facts: Partial<Omit<MarketRecord, 'topic' | 'value'>>): void => {
    assert.ok(log.length < 100, 'they never come to an end');
    log.push(asRecord(message, { recordId: `raw/${log.length}`, ...facts, ...placed(log.length) }));
  };
  const theirs = { isOriginal: true, isVerified: false };
  say(first, senderOf(first) === 'old' ? theirs : {});
  let heard = 0;
  for (const nowMs of [2_000, 9_000]) {
    for (let before = -1; before < log.length; ) {
      before = log.length;
      for (const record of log.slice(heard)) {
        for (const message of original(record)) say(message, theirs);
      }
      heard = before;
      for (const decide of ours) {
        const { actions } = decide(foldThread(taskId, log), nowMs);
        for (const action of actions) if (action.kind === 'send') say(action.message, { recordId: action.recordId });
      }
    }
  }
  return foldThread(taskId, log);
}

const provider =
  (providerId: string, capabilities: readonly string[] = []): Ours =>
  (thread, nowMs) =>
    decideProvider(thread, {
      ...{ nowMs, providerId, rules: createOfferRules({ capabilities }), executes: false, etaMs: null, isBusy: false },
    });

const requester: Ours = (thread, nowMs) =>
  decideRequester(thread, {
    ...{ nowMs, requesterId: 'req', providers: [], isAlive: () => true, withdrawal: null, log: alwaysThere },
    terms: { ...defaultTimes, budget: null, rules: createRequesterRules(), policy: resolveAwardPolicy('lowest-price') },
  });

const asked = (proposedCost: number | null): MarketMessage =>
  request({ requesterId: 'old', awardedBy: null, proposedCost });

const deals: readonly (readonly [what: string, cost: number | null, price: number])[] = [
  ['a price that both like', 80, 96],
  // 144 is countered with 115.20, which the provider takes, and the requester counters once more.
  ['a price that goes down', 120, 115.2 * 0.8],
  ['no price at all, which crashed the original’s provider', null, 50],
  ['a price of nothing', 0, 50],
];

for (const [what, cost, price] of deals) {
  test(`the original’s requester and a provider of ours come to terms from ${what}`, () => {
    const view = viewNegotiation(converse(asked(cost), [provider('p')], originalRequester));
    const award = currentAward(view);
    assert.deepEqual([award?.providerId, award?.state, award?.price], ['p', 'confirmed', price]);
  });
}

test('several providers of ours compete for an original’s request, and one has it', () => {
  const ours = ['p1', 'p2', 'p3'].map((id) => provider(id, ['words']));
  const thread = converse(asked(40), ours, originalRequester);
  const view = viewNegotiation(thread);
  assert.deepEqual([view.awards.length, view.awards[0]?.providerId], [1, 'p1']);
  const executor = { nowMs: 3_000, isInPool: true, workingFence: null };
  // Whoever of the pool looks: it is the one award, under the one key.
  for (const executorId of ['e1', 'e2']) {
    const [action] = decideExecutor(thread, { ...executor, executorId }).actions;
    assert.equal(action?.kind === 'execute' && action.idempotencyKey, 'award/t-1/1');
  }
});

for (const [cost, price] of [
  [80, 96],
  [120, 115.2],
] as const) {
  test(`the original’s provider, that wants ${cost * 1.2}, is awarded at ${price} and confirms in its own words`, () => {
    const thread = converse(request({ proposedCost: cost, offersUntil: 8_000 }), [requester], originalProvider(cost));
    const award = currentAward(viewNegotiation(thread));
    assert.deepEqual([award?.providerId, award?.price, award?.state], ['old', price, 'confirmed']);
  });
}

test('where nobody awards, a requester and the original’s provider come to one acceptance', () => {
  const thread = converse(request({ awardedBy: null, proposedCost: 120 }), [requester], originalProvider(120));
  const accepted = thread.records.filter(({ value }) => 'status' in value && value.status === 'ACCEPTED');
  const award = currentAward(viewNegotiation(thread));
  assert.deepEqual([accepted.length, award?.providerId, award?.price], [1, 'old', 115.2]);
});
