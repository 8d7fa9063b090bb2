import assert from 'node:assert/strict';
import { test } from 'node:test';
import { award, describe, request, response, round, threadOf } from '../market.fixture.ts';
import { createOfferRules } from '../policies/offer-rules.ts';
import type { MarketMessage, TaskRequest } from '../wire/records.ts';
import { decideProvider, type ProviderContext } from './decide-provider.ts';
import type { SendAction } from './decision.ts';

const rules = createOfferRules({ capabilities: ['data_processing', 'charts'] });
const context: ProviderContext = {
  ...{ nowMs: 2_000, providerId: 'p', rules, executes: false, etaMs: null, isBusy: false },
};
const decide = (messages: readonly MarketMessage[], given: Partial<ProviderContext> = {}): readonly string[] =>
  describe(decideProvider(threadOf(messages), { ...context, ...given }));

type Asked = Partial<TaskRequest>;
const mine: Asked = { description: 'Some Data Processing, please' };
const other: Asked = { description: 'Write a poem' };

const bids: readonly (readonly [what: string, asked: Asked, ours: readonly string[], original: readonly string[]])[] = [
  ['what it can do', { ...mine, proposedCost: 500 }, ['NEGOTIATING 500'], ['ACCEPTED 500']],
  ['what it can do, without a price', { ...mine, proposedCost: null }, ['NEGOTIATING'], ['ACCEPTED']],
  ['other work', { ...other, proposedCost: 100 }, ['NEGOTIATING 120'], ['NEGOTIATING 120', 'counter req 120']],
  [
    'other work near its limit',
    { ...other, proposedCost: 140 },
    ['NEGOTIATING 150'],
    ['NEGOTIATING 150', 'counter req 150'],
  ],
  ['other work for free', { ...other, proposedCost: 0 }, ['NEGOTIATING 0'], ['NEGOTIATING 0', 'counter req 0']],
  ['other work at its limit', { ...other, proposedCost: 150 }, ['REJECTED'], ['REJECTED']],
  [
    'other work without a price',
    { ...other, proposedCost: null },
    ['NEGOTIATING'],
    ['NEGOTIATING', 'counter req null'],
  ],
  [
    'work that needs more than it has',
    { ...mine, requiredCapabilities: ['charts', 'song'] },
    ['REJECTED'],
    ['REJECTED'],
  ],
  [
    'work that needs what it has',
    { ...other, requiredCapabilities: ['charts'], proposedCost: 9 },
    ['NEGOTIATING 9'],
    ['ACCEPTED 9'],
  ],
];

for (const [what, asked, ours, original] of bids) {
  test(`to ${what} a provider says ${ours.join()}, where nobody awards ${original.join()}`, () => {
    assert.deepEqual(decide([request(asked)]), ours);
    assert.deepEqual(decide([request({ ...asked, awardedBy: null })]), original);
  });
}

test('what is dear beyond its limit is refused with a reason', () => {
  const { actions } = decideProvider(threadOf([request({ ...other, proposedCost: 151 })]), context);
  const [send] = actions as readonly SendAction[];
  assert.equal(send?.message.topic === 'task-responses' && send.message.value.message, 'Cost too high');
});

const bid = response('p', 'NEGOTIATING', { counterOffer: 120 });
const counter = (offer: number | null): MarketMessage => round('req', 'p', { offer });
const approval = (offer: number): MarketMessage => round('req', 'p', { offer, approved: true });
const old = request({ ...other, proposedCost: 100, awardedBy: null });

const talks: readonly (readonly [what: string, messages: readonly MarketMessage[], says: readonly string[]])[] = [
  ['an offer that stands', [request(), bid], []],
  ['a counter-offer that is enough', [request(), bid, counter(30)], ['approve req 30']],
  ['a counter-offer that is too low', [request(), bid, counter(29.99)], ['counter req null']],
  ['a counter-offer without a price', [request(), bid, counter(null)], ['counter req null']],
  ['one that it has answered', [request(), bid, counter(50), round('p', 'req', { approved: true, offer: 50 })], []],
  ['the next one', [request(), bid, counter(20), round('p', 'req'), counter(40)], ['approve req 40']],
  ['a counter-offer to somebody else', [request(), bid, round('req', 'q', { offer: 50 })], []],
  ['a counter-offer of who has not asked', [request(), bid, round('thief', 'p', { offer: 500 })], []],
  ['the approval of its price', [old, bid, approval(120)], ['ACCEPTED 120']],
  ['the approval of less, that is enough', [old, bid, approval(50)], ['ACCEPTED 50']],
  ['the approval of far less', [old, bid, approval(5)], ['counter req null']],
  ['an approval where somebody awards', [request(), bid, approval(120)], []],
  ['an approval that it has taken', [old, bid, approval(120), response('p', 'ACCEPTED', { counterOffer: 120 })], []],
  ['an approval when another was first', [old, bid, approval(120), response('q', 'ACCEPTED')], []],
  ['an award', [request(), bid, award(1, 'p', { price: 120 })], ['ACCEPTED 120 #1']],
  ['an award at more', [request(), bid, award(1, 'p', { price: 130 })], ['ACCEPTED 130 #1']],
  ['an award at less than it asked', [request(), bid, award(1, 'p', { price: 60 })], ['REJECTED #1 CONFLICT']],
  ['an award without a price', [request(), bid, award(1, 'p')], ['REJECTED #1 CONFLICT']],
  ['an award it never bid for', [request(), award(1, 'p', { price: 10 })], ['REJECTED #1 CONFLICT']],
  [
    'an award after the deadline',
    [request({ deadline: 1_500 }), bid, award(1, 'p', { price: 120 })],
    ['REJECTED #1 DEADLINE_EXCEEDED'],
  ],
  [
    'an award it has confirmed',
    [request(), bid, award(1, 'p', { price: 120 }), response('p', 'ACCEPTED', { award: 1 })],
    [],
  ],
  ['an award to another', [request(), bid, award(1, 'q')], []],
  ['an award that it lost to another', [request(), bid, award(1, 'p'), award(2, 'q')], []],
  ['an award to it after another', [request(), bid, award(1, 'q'), award(2, 'p', { price: 120 })], ['ACCEPTED 120 #2']],
  ['an award by who may not', [request(), bid, award(1, 'p', { price: 120, requesterId: 'thief' })], []],
  ['what was taken back', [request(), award(1, '', { withdrawn: true })], []],
  ['its own request', [request({ requesterId: 'p', awardedBy: 'p' })], []],
  ['a request that nobody has seen', [award(1, 'p')], []],
  ['a request whose time for offers is long over', [request({ timestamp: 0, offersUntil: -58_001 })], []],
  ['a request whose deadline has passed', [request({ deadline: 1_999 })], []],
];

for (const [what, messages, says] of talks) {
  test(`to ${what} a provider says ${says.length === 0 ? 'nothing' : says.join()}`, () => {
    assert.deepEqual(decide(messages), says);
  });
}

test('a provider bids for what came late into the log, for as long as it could have bid in time, and a minute more', () => {
  const late = (offersUntil: number, atMs: number): readonly string[] => {
    const place = { partition: 0, offset: 0, atMs };
    const thread = threadOf([request({ timestamp: 1_000, offersUntil })], { place });
    return describe(decideProvider(thread, { ...context, nowMs: 3_600_000 }));
  };
  assert.equal(late(6_000, 3_535_000).length, 1);
  assert.deepEqual(late(6_000, 3_534_999), []);
});

test('a provider with too much to do makes no offers, and refuses awards so that another gets them', () => {
  assert.deepEqual(decide([request()], { isBusy: true }), []);
  const awarded = [request(), bid, award(1, 'p', { price: 120 })];
  assert.deepEqual(decide(awarded, { isBusy: true }), ['REJECTED #1 QUEUE_FULL']);
});

test('an acceptance says at what price, and that the provider works itself when it does', () => {
  const { actions } = decideProvider(threadOf([request(), bid, award(1, 'p', { price: 120 })]), {
    ...context,
    executes: true,
  });
  const [send] = actions as readonly SendAction[];
  assert.ok(send?.message.topic === 'task-responses');
  const { message, executes, providerId } = send.message.value;
  assert.deepEqual(
    { message, executes, providerId },
    { message: 'Task accepted at $120', executes: true, providerId: 'p' },
  );
  assert.deepEqual([send.recordId, send.causationId], ['t-1/p/1', 'id-2']);
});

test('a price that is set is asked for where none was proposed', () => {
  const priced = createOfferRules({ capabilities: [], price: 20, markup: 2, maxCost: 1_000 });
  assert.deepEqual(decide([request(other)], { rules: priced }), ['NEGOTIATING 20']);
});
