import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request, response, threadOf } from '../market.fixture.ts';
import type { Offer } from '../thread/negotiation.ts';
import { viewNegotiation } from '../thread/view-negotiation.ts';
import type { TaskRequest } from '../wire/records.ts';
import { type AwardPolicy, type Candidate, rankCandidates, resolveAwardPolicy } from './award-policy.ts';
import { agedPriority, type Waiting } from './priority.ts';
import { noReputation } from './reputation.ts';

const wanted = request({ description: 'Do some data processing', requiredCapabilities: ['charts'] })
  .value as TaskRequest;

function candidate(providerId: string, offer: Partial<Offer>, known: Partial<Candidate> = {}): Candidate {
  const { offers } = viewNegotiation(threadOf([request(), response(providerId, 'NEGOTIATING')]));
  const [made] = offers;
  assert.ok(made);
  return { offer: { ...made, ...offer }, capabilities: [], reputation: noReputation, lastAwardedAtMs: null, ...known };
}

const candidates = [
  candidate('cheap', { price: 10, etaMs: 9_000 }, { lastAwardedAtMs: 300, capabilities: ['poetry'] }),
  candidate('quick', { price: 30, etaMs: 1_000 }, { lastAwardedAtMs: 200 }),
  candidate('able', { price: 40, etaMs: 5_000 }, { lastAwardedAtMs: 400, capabilities: ['charts', 'data_processing'] }),
  candidate(
    'sound',
    { price: 50 },
    { lastAwardedAtMs: 100, reputation: { ...noReputation, completed: 50, failed: 1 } },
  ),
  candidate('new', { price: null }),
  candidate('shaky', { price: 20 }, { lastAwardedAtMs: 500, reputation: { ...noReputation, completed: 2, lost: 9 } }),
];

const rank = (policy: AwardPolicy, among: readonly Candidate[] = candidates): readonly string[] =>
  rankCandidates(among, policy, wanted).map(({ offer }) => offer.providerId);

const orders: readonly (readonly [names: string, best: readonly string[]])[] = [
  ['lowest-price', ['cheap', 'shaky', 'quick', 'able', 'sound', 'new']],
  ['deadline', ['quick', 'able', 'cheap', 'shaky', 'sound', 'new']],
  ['capability', ['able', 'cheap', 'shaky', 'quick', 'sound', 'new']],
  ['reputation', ['sound', 'cheap', 'quick', 'able', 'new', 'shaky']],
  ['round-robin', ['new', 'sound', 'quick', 'cheap', 'able', 'shaky']],
  ['capability, reputation', ['able', 'sound', 'cheap', 'quick', 'new', 'shaky']],
];

for (const [names, best] of orders) {
  test(`by ${names} it goes to ${best[0]}, then to ${best[1]}, whatever order the offers came in`, () => {
    assert.deepEqual(rank(resolveAwardPolicy(names)), best);
    assert.deepEqual(rank(resolveAwardPolicy(names), candidates.toReversed()), best);
  });
}

test('offers that are even go to the lower id, always', () => {
  const even = ['b', 'c', 'a'].map((id) => candidate(id, { price: 5 }));
  assert.deepEqual(rank(resolveAwardPolicy('lowest-price'), even), ['a', 'b', 'c']);
});

test('a policy of somebody else takes the place of ours, and what it cannot compare is even', () => {
  const dearest: AwardPolicy = (one, other) => Number(other.offer.price) - Number(one.offer.price);
  const broken: AwardPolicy = () => Number.NaN;
  assert.equal(rank(resolveAwardPolicy('dearest', { dearest }))[0], 'sound');
  assert.equal(rank(resolveAwardPolicy('broken', { broken }))[0], 'cheap');
});

test('a policy that there is not is refused, and those that there are are named', () => {
  for (const name of ['luck', '', 'toString', 'lowest-price,luck']) {
    assert.throws(() => resolveAwardPolicy(name), { code: 'INVALID_PARAMS', message: /lowest-price, deadline/ });
  }
});

test('round-robin gives each of three the same share', () => {
  const turns = new Map<string, number>([
    ['a', 0],
    ['b', 0],
    ['c', 0],
  ]);
  const last = new Map<string, number>();
  for (let now = 1; now <= 300; now++) {
    const among = [...turns.keys()].map((id) => candidate(id, { price: 5 }, { lastAwardedAtMs: last.get(id) ?? null }));
    const [chosen = ''] = rank(resolveAwardPolicy('round-robin'), among);
    turns.set(chosen, (turns.get(chosen) ?? 0) + 1);
    last.set(chosen, now);
  }
  assert.deepEqual([...turns.values()], [100, 100, 100]);
});

const waiting = (priority: number, sinceMs: number): Waiting => ({ priority, sinceMs });

const pairs: readonly (readonly [what: string, sooner: Waiting, later: Waiting])[] = [
  ['the more important one', waiting(5, 0), waiting(1, 0)],
  ['of equals the one that waits longer', waiting(3, 20), waiting(3, 50)],
  ['the less important one that has waited long enough', waiting(1, -40_000), waiting(5, 99_000)],
  ['the more important one while the other has not', waiting(5, 99_000), waiting(1, 20_000)],
];

for (const [what, sooner, later] of pairs) {
  test(`before goes ${what}`, () => {
    assert.ok(agedPriority(sooner, 100_000) > agedPriority(later, 100_000));
  });
}

test('a clock that is behind makes nobody older', () => {
  assert.equal(agedPriority(waiting(2, 500), 100), 2);
});

test('whatever waits goes first in the end, however important what comes later is', () => {
  assert.ok(agedPriority(waiting(0, 0), 400_000) > agedPriority(waiting(10, 400_000), 400_000));
});
