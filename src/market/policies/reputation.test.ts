import assert from 'node:assert/strict';
import { test } from 'node:test';
import { award, request, response, threadOf } from '../market.fixture.ts';
import { viewNegotiation } from '../thread/view-negotiation.ts';
import type { MarketMessage } from '../wire/records.ts';
import { addReputation, earnedReputations, noReputation, type Reputation, scoreReputation } from './reputation.ts';

const earned = (...messages: readonly MarketMessage[]): Record<string, Reputation> =>
  Object.fromEntries(earnedReputations(viewNegotiation(threadOf([request(), ...messages]))));

const to = (fence: number, who: string, deadline: number | null = null): readonly MarketMessage[] => [
  award(fence, who, { deadline }),
  response(who, 'ACCEPTED', { award: fence }),
];
const done = (fence: number, timestamp = 1_400): MarketMessage =>
  response('e', 'COMPLETED', { award: fence, timestamp });

test('who has done the work has done it, who was replaced was lost, who refused has nothing', () => {
  const refused = [award(1, 'a'), response('a', 'REJECTED', { award: 1 })];
  assert.deepEqual(earned(...refused, ...to(2, 'b'), ...to(3, 'c'), done(3)), {
    b: { ...noReputation, lost: 1 },
    c: { ...noReputation, completed: 1 },
  });
});

test('what came after the deadline was late', () => {
  assert.deepEqual(earned(...to(1, 'a', 1_500), done(1, 2_000)), { a: { ...noReputation, completed: 1, late: 1 } });
  assert.deepEqual(earned(...to(1, 'a', 1_500), done(1, 1_500)), { a: { ...noReputation, completed: 1 } });
});

test('a failure counts against the provider, a withdrawal against nobody', () => {
  const failed = [...to(1, 'a'), response('e', 'FAILED', { award: 1 })];
  const giveUp = award(2, 'a', { withdrawn: true, code: 'AGENT_ERROR' });
  assert.deepEqual(earned(...failed, giveUp), { a: { ...noReputation, failed: 1 } });
  assert.deepEqual(earned(...to(1, 'a'), award(2, 'a', { withdrawn: true, code: 'CANCELED' })), {});
});

test('while it goes on nothing is earned', () => {
  assert.deepEqual(earned(...to(1, 'a')), {});
});

test('a score is between never and always, and an unknown agent stands in the middle', () => {
  const many = { ...noReputation, completed: 1_000 };
  assert.equal(scoreReputation(noReputation), 0.5);
  assert.ok(scoreReputation(many) > 0.99 && scoreReputation(many) < 1);
  assert.ok(scoreReputation({ ...noReputation, lost: 3 }) < 0.25);
  assert.ok(scoreReputation({ ...many, late: 1_000 }) < 0.01);
  assert.deepEqual(addReputation(many, { ...noReputation, failed: 2 }), { ...many, failed: 2 });
});
