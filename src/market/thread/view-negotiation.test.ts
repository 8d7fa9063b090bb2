import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  asRecord,
  award,
  foldThread,
  inLog,
  placed,
  request,
  response,
  round,
  taskId,
  threadOf,
} from '../market.fixture.ts';
import type { MarketMessage, MarketRecord } from '../wire/records.ts';
import type { Negotiation } from './negotiation.ts';
import { currentAward, offerOf, viewNegotiation } from './view-negotiation.ts';

const view = (messages: readonly MarketMessage[]): Negotiation => viewNegotiation(threadOf(messages));

const bid = response('p', 'NEGOTIATING', { counterOffer: 90, providerId: 'p' });
const confirmed = [request(), bid, award(1, 'p', { price: 90 }), response('p', 'ACCEPTED', { award: 1 })];
const running = [...confirmed, response('e', 'RUNNING', { award: 1, progress: 0.5 })];

const phases: readonly (readonly [what: string, messages: readonly MarketMessage[], phase: string])[] = [
  ['nothing was seen', [], 'unknown'],
  ['the answers came before the request', [bid, award(1, 'p')], 'unknown'],
  ['it was asked for', [request()], 'open'],
  ['there are offers', [request(), bid], 'open'],
  ['it is awarded', [request(), bid, award(1, 'p')], 'awarded'],
  ['the award is confirmed', confirmed, 'accepted'],
  ['the award is refused', [request(), bid, award(1, 'p'), response('p', 'REJECTED', { award: 1 })], 'open'],
  ['somebody works', running, 'running'],
  ['the work is done', [...running, response('e', 'COMPLETED', { award: 1 })], 'completed'],
  ['the work has failed, and may be awarded again', [...running, response('e', 'FAILED', { award: 1 })], 'open'],
  ['another one has it', [...running, award(2, 'q')], 'awarded'],
  ['it was taken back', [...running, award(2, 'p', { withdrawn: true, code: 'CANCELED' })], 'withdrawn'],
  ['it was taken back before any award', [request(), award(1, '', { withdrawn: true, code: 'CANCELED' })], 'withdrawn'],
  ['the requester gave up', [request(), award(1, '', { withdrawn: true, code: 'NO_OFFER' })], 'failed'],
];

for (const [what, messages, phase] of phases) {
  test(`when ${what}, it is ${phase}`, () => {
    assert.equal(view(messages).phase, phase);
  });
}

const thief = { requesterId: 'thief' };
const ignored: readonly (readonly [what: string, messages: readonly MarketMessage[]])[] = [
  ['an award by somebody who is not to award', [...running, award(2, 'thief', thief)]],
  ['a withdrawal by somebody else', [...running, award(2, '', { ...thief, withdrawn: true })]],
  ['a replayed award with an old fence', [...running, award(1, 'thief', { price: 1 })]],
  ['a second request under the same id', [...running, request({ description: 'Mine', awardedBy: 'thief', ...thief })]],
  ['a confirmation by who was not awarded', [...running, response('q', 'ACCEPTED', { award: 1 })]],
  ['a refusal after the confirmation', [...running, response('p', 'REJECTED', { award: 1 })]],
  ['work under a fence that there is not', [...running, response('q', 'COMPLETED', { award: 7, result: '[]' })]],
  ['an outcome of who did not begin', [...running, response('q', 'COMPLETED', { award: 1, result: '[]' })]],
];

for (const [what, messages] of ignored) {
  test(`${what} changes nothing of the award`, () => {
    const { awards, phase, fence, outcome } = view(messages);
    assert.deepEqual({ awards, phase, fence, outcome }, pick(view(running)));
  });
}

function pick({ awards, phase, fence, outcome }: Negotiation): Partial<Negotiation> {
  return { awards, phase, fence, outcome };
}

test('of requests under one id the first counts, but a verified one before any that is not', () => {
  const [squat, own, other] = inLog([
    request({ requesterId: 'thief', awardedBy: 'thief' }),
    request(),
    request({ requesterId: 'x' }),
  ]);
  assert.ok(squat && own && other);
  const requesterOf = (records: readonly MarketRecord[]): string | undefined =>
    viewNegotiation(foldThread(taskId, records)).request?.requesterId;
  const unsigned = { ...squat, isVerified: false };
  assert.equal(requesterOf([unsigned, own, other]), 'req');
  assert.equal(requesterOf([unsigned, { ...other, isVerified: false }]), 'thief');
  assert.equal(requesterOf([unsigned, { ...own, place: null }]), 'req');
});

test('an outcome under a lower fence is late, wherever its record lies', () => {
  const late = response('e', 'COMPLETED', { award: 1, result: '["late"]' });
  const second = [award(2, 'q'), response('q', 'ACCEPTED', { award: 2 })];
  assert.equal(view([...running, ...second, late]).phase, 'accepted');
  assert.equal(view([...running, late, ...second]).phase, 'accepted');
});

test('what an executor says counts only where the award leaves the work to it', () => {
  const own = [request(), response('p', 'NEGOTIATING', { executes: true }), award(1, 'p', { executorId: 'p' })];
  const accepted = response('p', 'ACCEPTED', { award: 1, executes: true });
  const foreign = view([...own, accepted, response('e', 'COMPLETED', { award: 1 })]);
  assert.equal(foreign.phase, 'accepted');
  assert.equal(view([...own, accepted, response('p', 'COMPLETED', { award: 1 })]).phase, 'completed');
});

test('an award is work’s own account: who, how far, what it came to', () => {
  const done = response('e', 'COMPLETED', { award: 1, timestamp: 9_000, result: '["x"]', message: 'Done' });
  const { outcome, awards } = view([...running, done]);
  assert.deepEqual(outcome, {
    ...{ status: 'completed', providerId: 'p', executorId: 'e', price: 90, result: '["x"]', message: 'Done' },
    ...{ code: null, atMs: 9_000 },
  });
  assert.deepEqual([awards[0]?.progress, awards[0]?.startedAtMs, awards[0]?.heardAtMs], [1, 1_100, 9_000]);
});

const prices: readonly (readonly [
  what: string,
  talk: readonly MarketMessage[],
  price: number | null,
  agreed: boolean,
])[] = [
  ['an offer at what was proposed', [response('p', 'NEGOTIATING', { counterOffer: 80 })], 80, true],
  ['a dearer offer', [bid], 90, false],
  ['an offer without a price', [response('p', 'NEGOTIATING')], null, false],
  ['a newer offer', [bid, response('p', 'NEGOTIATING', { counterOffer: 85 })], 85, false],
  ['a counter-offer that is not answered', [bid, round('req', 'p', { offer: 72 })], 90, false],
  ['a yes', [bid, round('req', 'p', { offer: 72 }), round('p', 'req', { approved: true, offer: 72 })], 72, true],
  ['a yes without a price', [bid, round('req', 'p', { offer: 72 }), round('p', 'req', { approved: true })], 72, true],
  [
    'a yes to more than was offered',
    [bid, round('req', 'p', { offer: 72 }), round('p', 'req', { approved: true, offer: 999 })],
    999,
    false,
  ],
  ['a no', [bid, round('req', 'p', { offer: 20 }), round('p', 'req')], 90, false],
  ['a counter-offer of its own', [bid, round('req', 'p', { offer: 60 }), round('p', 'req', { offer: 81 })], 81, false],
  ['an approval', [bid, round('req', 'p', { approved: true, offer: 90 })], 90, true],
  ['a price in a round only, as an original begins', [round('p', 'req', { offer: 96 })], 96, false],
  [
    'words between others',
    [bid, round('x', 'p', { offer: 1 }), round('p', 'x', { approved: true, offer: 1 })],
    90,
    false,
  ],
];

for (const [what, talk, price, isAgreed] of prices) {
  test(`${what} makes the price ${price}, ${isAgreed ? 'agreed' : 'not agreed'}`, () => {
    const offer = offerOf(view([request({ proposedCost: 80 }), ...talk]), 'p');
    assert.deepEqual([offer?.price, offer?.isAgreed], [price, isAgreed]);
  });
}

test('who rejects makes no offer any more', () => {
  assert.equal(offerOf(view([request(), bid, response('p', 'REJECTED')]), 'p')?.state, 'rejected');
});

test('where nobody awards, the first ACCEPTED in the log is the award, and all others are not', () => {
  const first = [request({ awardedBy: null }), response('p1', 'ACCEPTED'), response('p2', 'ACCEPTED')];
  const { awards, phase } = view(first);
  assert.deepEqual([awards.length, awards[0]?.providerId, phase], [1, 'p1', 'accepted']);
});

test('where nobody awards, what is not in the log yet is no award', () => {
  const pending = asRecord(response('p', 'ACCEPTED'), { recordId: 't-1/p/1' });
  const thread = foldThread(taskId, [...inLog([request({ awardedBy: null })]), pending]);
  assert.equal(viewNegotiation(thread).phase, 'open');
  const other = asRecord(response('q', 'ACCEPTED'), { ...placed(3), recordId: 't-1/q/1' });
  const seen = foldThread(taskId, [...thread.records, other, { ...pending, ...placed(4) }]);
  assert.equal(currentAward(viewNegotiation(seen))?.providerId, 'q');
});

test('executors of the original all run what was accepted: the first outcome is the outcome', () => {
  const originals = [
    ...[request({ awardedBy: null }), response('p', 'ACCEPTED', { counterOffer: 40 })],
    ...[response('e1', 'RUNNING'), response('e2', 'RUNNING'), response('e2', 'COMPLETED', { message: 'by e2' })],
    ...[response('e1', 'COMPLETED', { message: 'by e1' })],
  ];
  const { outcome } = viewNegotiation(threadOf(originals, { isOriginal: true, isVerified: false }));
  assert.deepEqual([outcome?.status, outcome?.message, outcome?.price], ['completed', 'by e2', 40]);
});

test('where nobody awards again, a failure is the end; the requester may still take it back', () => {
  const begun = [request({ awardedBy: null }), response('p', 'ACCEPTED')];
  assert.equal(view([...begun, response('e', 'FAILED', { award: 1 })]).phase, 'failed');
  assert.equal(view([...begun, award(2, '', { withdrawn: true })]).phase, 'withdrawn');
  assert.equal(view([...begun, award(2, 'thief')]).phase, 'accepted');
});

test('an original that we award confirms with the ACCEPTED that it knows, and its fleet’s work counts', () => {
  const ours = inLog([request(), award(1, 'old', { price: 96 })]);
  const theirs = [
    response('old', 'NEGOTIATING', { counterOffer: 96 }),
    response('old', 'ACCEPTED', { counterOffer: 96 }),
    response('exec', 'RUNNING'),
    response('exec', 'COMPLETED', { message: 'Task t-1 completed successfully by exec' }),
  ].map((message, n) =>
    asRecord(message, { ...placed(10 + n), recordId: `raw/${n}`, isOriginal: true, isVerified: false }),
  );
  const phaseAfter = (count: number): string =>
    viewNegotiation(foldThread(taskId, [...ours, ...theirs.slice(0, count)])).phase;
  assert.deepEqual([1, 2, 3, 4].map(phaseAfter), ['awarded', 'accepted', 'running', 'completed']);
});

test('who has signed its first word cannot be spoken for without a signature', () => {
  const signed = inLog(confirmed);
  const forge = (message: MarketMessage): Negotiation => {
    const forged = asRecord(message, { ...placed(50), recordId: 'forged', isVerified: false });
    return viewNegotiation(foldThread(taskId, [...signed, forged]));
  };
  assert.equal(forge(award(2, 'thief')).fence, 1);
  assert.equal(forge(response('p', 'FAILED', { award: 1 })).phase, 'accepted');
  assert.equal(forge(response('p', 'REJECTED')).offers[0]?.state, 'standing');
  assert.deepEqual(forge(round('req', 'p', { offer: 1 })).offers[0]?.rounds, []);
  const working = [...signed, asRecord(response('e', 'RUNNING', { award: 1 }), { ...placed(40), recordId: 'e' })];
  const done = asRecord(response('e', 'COMPLETED', { award: 1 }), { ...placed(50), recordId: 'f', isVerified: false });
  assert.equal(viewNegotiation(foldThread(taskId, [...working, done])).phase, 'running');
});
