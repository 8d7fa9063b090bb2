import assert from 'node:assert/strict';
import { test } from 'node:test';
import { award, request, response, round } from '../market.fixture.ts';
import { checkMessage } from './check-message.ts';
import type { MarketMessage } from './records.ts';

const long = 'x'.repeat(10_001);

const refused: readonly (readonly [what: string, message: MarketMessage, field: string])[] = [
  ['an empty task id, which would look like a head', request({ taskId: '' }), 'task_id'],
  ['an endless name', response('p'.repeat(201), 'RUNNING'), 'responder_id'],
  ['a name with control characters', request({ requesterId: 'a\nb' }), 'requester_id'],
  ['an endless description', request({ description: long }), 'description'],
  ['a price below nothing', request({ proposedCost: -1 }), 'proposed_cost'],
  ['a price that is no number', response('p', 'NEGOTIATING', { counterOffer: Number.NaN }), 'counter_offer'],
  ['an endless price', round('a', 'b', { offer: Number.POSITIVE_INFINITY }), 'offer'],
  ['too many capabilities', request({ requiredCapabilities: Array(101).fill('a') }), 'required_capabilities'],
  ['an empty capability', request({ requiredCapabilities: [''] }), 'required_capabilities'],
  ['rounds below none', request({ maxRounds: -1 }), 'max_rounds'],
  ['a deadline before time began', request({ deadline: -5 }), 'deadline'],
  ['a fence below the first', response('p', 'RUNNING', { award: 0 }), 'award'],
  ['a result of what has not ended', response('p', 'NEGOTIATING', { result: '[]' }), 'result'],
  ['an award below the first', award(0, 'p'), 'award'],
  ['an award to nobody', award(1, ''), 'provider_id'],
  ['more than all of the work', response('p', 'RUNNING', { progress: 1.01 }), 'progress'],
  ['an endless message', round('a', 'b', { message: long }), 'message'],
  ['an endless code', response('p', 'FAILED', { code: long }), 'code'],
  ['an endless reason', award(1, 'p', { reason: long }), 'reason'],
  ['a receiver without a name', round('a', ''), 'receiver_id'],
];

for (const [what, message, field] of refused) {
  test(`${what} is refused, and the field is named`, () => {
    assert.throws(() => checkMessage(message), { code: 'RECORD_INVALID', details: { field } });
  });
}

test('what means something is let through', () => {
  for (const message of [
    request(),
    response('p', 'PENDING', { progress: 1 }),
    round('a', 'b', { offer: 0 }),
    award(1, 'p'),
  ]) {
    checkMessage(message);
  }
  checkMessage(award(1, '', { withdrawn: true }));
});
