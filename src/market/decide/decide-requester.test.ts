import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  alwaysThere,
  asRecord,
  award,
  describe,
  foldThread,
  inLog,
  placed,
  request,
  response,
  round,
  taskId,
  threadOf,
} from '../market.fixture.ts';
import { resolveAwardPolicy } from '../policies/award-policy.ts';
import { noReputation } from '../policies/reputation.ts';
import { createRequesterRules } from '../policies/requester-rules.ts';
import type { MarketMessage, MarketRecord, TaskResponse } from '../wire/records.ts';
import { decideRequester } from './decide-requester.ts';
import type { LogSight } from './log-sight.ts';
import { defaultTimes, type KnownProvider, type RequesterContext, type RequesterTerms } from './requester-context.ts';

const terms: RequesterTerms = {
  ...defaultTimes,
  ...{ budget: null, rules: createRequesterRules(), policy: resolveAwardPolicy('lowest-price') },
};
const known = (...ids: readonly string[]): readonly KnownProvider[] =>
  ids.map((providerId) => ({ providerId, capabilities: [], reputation: noReputation, lastAwardedAtMs: null }));
const context: RequesterContext = {
  ...{ nowMs: 2_000, requesterId: 'req', terms, providers: known('p', 'q'), isAlive: () => true, withdrawal: null },
  log: alwaysThere,
};

type Given = Partial<Omit<RequesterContext, 'terms'>> & { readonly terms?: Partial<RequesterTerms> };

const contextOf = (given: Given): RequesterContext => ({ ...context, ...given, terms: { ...terms, ...given.terms } });
const decide = (messages: readonly MarketMessage[], given: Given = {}): readonly string[] =>
  describe(decideRequester(threadOf(messages), contextOf(given)));
const wakeOf = (messages: readonly MarketMessage[], given: Given = {}): number | null =>
  decideRequester(threadOf(messages), contextOf(given)).wakeAtMs;

const offer = (who: string, counterOffer: number | null, said: Partial<TaskResponse> = {}): MarketMessage =>
  response(who, 'NEGOTIATING', { counterOffer, ...said });
const no = (who: string): MarketMessage => response(who, 'REJECTED');
const counter = (who: string, price: number): MarketMessage => round('req', who, { offer: price });
const yes = (who: string, price: number): MarketMessage => round(who, 'req', { approved: true, offer: price });

const late = { nowMs: 6_000 };
const away: LogSight = { heardAtMs: 0, fromMs: Number.POSITIVE_INFINITY };

const tenders: readonly (readonly [
  what: string,
  messages: readonly MarketMessage[],
  given: Given,
  does: readonly string[],
])[] = [
  ['nobody has answered', [request()], {}, []],
  ['one of two has answered', [request(), offer('p', 80)], {}, []],
  ['all have answered', [request(), offer('p', 80), offer('q', 70)], {}, ['award #1 q 70']],
  ['all but who rejects have answered', [request(), offer('p', 80), no('q')], {}, ['award #1 p 80']],
  ['the time is up', [request(), offer('p', 80)], late, ['award #1 p 80']],
  ['the request’s own time is up', [request({ offersUntil: 1_999 }), offer('p', 80)], {}, ['award #1 p 80']],
  ['nobody is known, and one has answered', [request(), offer('p', 80)], { providers: [] }, []],
  ['an offer is dear', [request(), offer('p', 125)], {}, ['counter p 100']],
  ['an offer has no price', [request(), offer('p', null)], {}, ['counter p 50']],
  ['an offer is over the budget', [request(), offer('p', 60)], { terms: { budget: 45 } }, ['counter p 45']],
  ['an offer is dear, and another one is not', [request(), offer('p', 125), offer('q', 90)], {}, ['counter p 100']],
  ['the counter-offer is out', [request(), offer('p', 125), counter('p', 100)], {}, []],
  ['it was agreed to', [request(), offer('p', 200), counter('p', 160), yes('p', 160), no('q')], {}, ['award #1 p 160']],
  ['it was refused', [request(), offer('p', 125), counter('p', 100), round('p', 'req')], {}, ['counter p 100']],
  [
    'a yes means more than was offered',
    [request(), offer('p', 125), counter('p', 100), yes('p', 9_999), no('q')],
    { terms: { maxRounds: 1 } },
    ['withdraw #1 NO_OFFER'],
  ],
  ['no rounds are left', [request({ maxRounds: 0 }), offer('p', 125), offer('q', 90)], {}, ['award #1 q 90']],
  [
    'a yes is over the budget',
    [request(), offer('p', 50), counter('p', 40), yes('p', 45), no('q')],
    { terms: { budget: 40, maxRounds: 1 } },
    ['withdraw #1 NO_OFFER'],
  ],
  ['nobody makes an offer', [request(), no('p'), no('q')], {}, ['withdraw #1 NO_OFFER']],
  ['nobody answers in time', [request()], late, ['withdraw #1 NO_OFFER']],
  ['nobody answers in time, and the log is away', [request()], { ...late, log: away }, []],
  [
    'all have answered, and the log is away',
    [request(), offer('p', 80), offer('q', 70)],
    { log: away },
    ['award #1 q 70'],
  ],
  [
    'the deadline passes, and the log is away',
    [request({ deadline: 5_000 })],
    { ...late, log: away },
    ['withdraw #1 DEADLINE_EXCEEDED'],
  ],
  [
    'who is cheaper is gone',
    [request(), offer('p', 80), offer('q', 70)],
    { isAlive: (id) => id !== 'q' },
    ['award #1 p 80'],
  ],
  [
    'another policy is set',
    [request(), offer('p', 80, { etaMs: 5 }), offer('q', 70, { etaMs: 9 })],
    { terms: { policy: resolveAwardPolicy('deadline') } },
    ['award #1 p 80'],
  ],
  ['it was never asked by it', [request({ requesterId: 'other', awardedBy: 'other' }), offer('p', 1)], late, []],
  ['another one awards', [request({ awardedBy: 'other' }), offer('p', 1)], late, []],
];

for (const [what, messages, given, does] of tenders) {
  test(`when ${what}, a requester does ${does.length === 0 ? 'nothing' : does.join()}`, () => {
    assert.deepEqual(decide(messages, given), does);
  });
}

const bids = [request({ deadline: 900_000 }), offer('p', 70, { executes: true }), offer('q', 80), offer('r', 90)];
const first = [...bids, award(1, 'p', { price: 70, executorId: 'p' })];
const accepted = [...first, response('p', 'ACCEPTED', { award: 1, executes: true, timestamp: 2_000 })];
const running = [...accepted, response('p', 'RUNNING', { award: 1, timestamp: 3_000 })];
const failed = (code: string | null): readonly MarketMessage[] => [
  ...running,
  response('p', 'FAILED', { award: 1, code }),
];
const gone = (who: string): Given => ({ isAlive: (id) => id !== who });

const turns: readonly (readonly [
  what: string,
  messages: readonly MarketMessage[],
  given: Given,
  does: readonly string[],
])[] = [
  ['is not confirmed yet', first, {}, []],
  ['is not confirmed in time', first, { nowMs: 11_300 }, ['award #2 q 80']],
  ['is not confirmed in time, and the log is away', first, { nowMs: 11_300, log: away }, []],
  ['is refused', [...first, response('p', 'REJECTED', { award: 1 })], {}, ['award #2 q 80']],
  ['is with one who is gone', first, gone('p'), ['award #2 q 80']],
  ['is confirmed', accepted, {}, []],
  ['is confirmed by one who is gone', accepted, gone('p'), ['award #2 q 80']],
  ['does not begin', accepted, { nowMs: 62_000 }, ['award #2 q 80']],
  ['is in work', running, { nowMs: 300_000 }, []],
  ['is with one who died in the middle', running, gone('p'), ['award #2 q 80']],
  ['is not heard of for long', running, { nowMs: 303_000 }, ['award #2 q 80']],
  ['failed where nothing was done', failed('AGENT_UNAVAILABLE'), {}, ['award #2 q 80']],
  ['would have been a loop of calls', failed('CHAIN_REFUSED'), {}, ['award #2 q 80']],
  ['failed before it began', [...accepted, response('p', 'FAILED', { award: 1 })], {}, ['award #2 q 80']],
  ['failed in the middle', failed(null), {}, ['withdraw #2 AGENT_ERROR']],
  ['failed with an outcome that nobody knows', failed('OUTCOME_UNKNOWN'), {}, ['withdraw #2 OUTCOME_UNKNOWN']],
  ['is done', [...running, response('p', 'COMPLETED', { award: 1 })], { nowMs: 800_000 }, []],
  ['is not done at the deadline', running, { nowMs: 900_001 }, ['withdraw #2 DEADLINE_EXCEEDED']],
  ['is wanted no more', running, { withdrawal: { reason: 'Enough' } }, ['withdraw #2 CANCELED']],
];

for (const [what, messages, given, does] of turns) {
  test(`when the award ${what}, a requester does ${does.length === 0 ? 'nothing' : does.join()}`, () => {
    assert.deepEqual(decide(messages, given), does);
  });
}

test('what is not in the log yet is answered by nobody: no time runs', () => {
  const own = (message: MarketMessage, id: number): MarketRecord =>
    asRecord(message, { recordId: `${taskId}/req/${id}` });
  const asked = own(request(), 1);
  const awarded = [...inLog([request(), offer('p', 80)]), own(award(1, 'p', { price: 80 }), 1)];
  for (const records of [[asked], awarded]) {
    assert.deepEqual(describe(decideRequester(foldThread(taskId, records), contextOf({ nowMs: 90_000 }))), []);
  }
});

test('awards go on to the next best, to nobody twice, until nobody is left', () => {
  const refused = (fence: number, who: string): readonly MarketMessage[] => [
    award(fence, who),
    response(who, 'REJECTED', { award: fence, code: 'QUEUE_FULL' }),
  ];
  const two = [...bids, ...refused(1, 'p'), ...refused(2, 'q')];
  assert.deepEqual(decide(two, late), ['award #3 r 90']);
  assert.deepEqual(decide([...two, ...refused(3, 'r')], late), ['withdraw #4 QUEUE_FULL']);
});

test('what is taken back before any award is taken back, and once', () => {
  const wanted = { withdrawal: { reason: null } };
  assert.deepEqual(decide([request()], wanted), ['withdraw #1 CANCELED']);
  assert.deepEqual(decide([request(), award(1, '', { withdrawn: true, code: 'CANCELED' })], wanted), []);
  assert.deepEqual(decide([...running, response('p', 'COMPLETED', { award: 1 })], wanted), []);
});

test('it is asked again when the next time limit comes, whichever that is', () => {
  assert.equal(wakeOf([request()]), 6_000);
  assert.equal(wakeOf([request({ offersUntil: 4_000 })]), 4_000);
  assert.equal(wakeOf([request({ deadline: 3_000 })]), 3_001);
  assert.equal(wakeOf(first), 11_300);
  assert.equal(wakeOf(accepted), 62_000);
  assert.equal(wakeOf(running), 303_000);
});

test('several records of one decision have ids of their own', () => {
  const { actions } = decideRequester(threadOf([request(), offer('p', 125), offer('q', 150)]), context);
  const ids = actions.map((action) => action.kind === 'send' && action.recordId);
  assert.deepEqual(ids, ['t-1/req/1', 't-1/req/2']);
});

test('an original that is awarded is told so in the words that it knows', () => {
  const [asked] = inLog([request()]);
  assert.ok(asked);
  const old = asRecord(offer('p', 80), { ...placed(1), recordId: 'raw/1', isOriginal: true, isVerified: false });
  const thread = foldThread(taskId, [asked, old]);
  assert.deepEqual(describe(decideRequester(thread, contextOf(late))), ['award #1 p 80', 'approve p 80']);
});

const old = request({ awardedBy: null });
const opening = (who: string, price: number | null): MarketMessage => round(who, 'req', { offer: price });

const firstCome: readonly (readonly [
  what: string,
  messages: readonly MarketMessage[],
  given: Given,
  does: readonly string[],
])[] = [
  ['an offer up to its limit', [old, opening('p', 100)], {}, ['approve p 100']],
  ['an offer over its limit', [old, opening('p', 120)], {}, ['counter p 96']],
  ['an offer without a price', [old, opening('p', null)], {}, ['counter p 50']],
  ['a yes to its counter-offer', [old, opening('p', 120), counter('p', 96), yes('p', 96)], {}, ['approve p 96']],
  ['two offers: one approval', [old, opening('p', 90), opening('q', 80)], {}, ['approve p 90']],
  [
    'an approval that is out',
    [old, opening('p', 90), round('req', 'p', { approved: true, offer: 90 }), opening('q', 80)],
    {},
    [],
  ],
  [
    'an approval without an answer',
    [old, opening('p', 90), round('req', 'p', { approved: true, offer: 90 }), opening('q', 80)],
    { nowMs: 12_000 },
    ['approve q 80'],
  ],
  ['an ACCEPTED', [old, opening('p', 90), response('q', 'ACCEPTED')], {}, []],
  ['being called off', [old, response('q', 'ACCEPTED')], { withdrawal: { reason: null } }, ['withdraw #2 CANCELED']],
];

for (const [what, messages, given, does] of firstCome) {
  test(`where nobody awards, a requester answers ${what} with ${does.length === 0 ? 'nothing' : does.join()}`, () => {
    assert.deepEqual(decide(messages, given), does);
  });
}
