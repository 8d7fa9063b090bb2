import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NegotiationView } from '../../control/index.ts';
import { describeChanges, formatNegotiation } from './describe-negotiation.ts';

const tendered: NegotiationView = {
  ...{ taskId: 'n1', requesterId: 'asker', description: 'Count', phase: 'tendered', priority: 1, rounds: 0 },
  ...{ requiredCapabilities: [], createdAtMs: 1, updatedAtMs: 1, offers: [], awards: [] },
};
const offer = { providerId: 'counter', state: 'offered', price: 99.999, executes: true, atMs: 2 } as const;
const award = { number: 1, providerId: 'counter', price: 80, state: 'awarded', atMs: 3 } as const;

test('each change of a negotiation is told once, in the order in which it comes about', () => {
  const offered = { ...tendered, offers: [offer] };
  const awarded = { ...offered, phase: 'awarded', awards: [award] } as const;
  const atWork = { ...award, state: 'running', executorId: 'exec' } as const;
  const running = { ...awarded, phase: 'running', progress: 0.5, awards: [atWork] } as const;
  const completed = { ...running, phase: 'completed', progress: 1, message: 'done' } as const;
  const states = [tendered, offered, awarded, awarded, running, completed];
  const told = states.map((state, index) => describeChanges(states[index - 1], state));
  assert.deepEqual(told, [
    ['tendered'],
    ['counter offers to do it at 100'],
    ['award 1 goes to counter at 80'],
    [],
    ['exec works on award 1', '50 % are done'],
    ['completed: done'],
  ]);
});

test('a provider that refuses says why, and one that named no price is told so', () => {
  const refusal = { ...offer, state: 'rejected', message: 'Cost too high' } as const;
  const unpriced = { ...offer, providerId: 'other', price: null };
  assert.deepEqual(describeChanges(tendered, { ...tendered, offers: [refusal, unpriced] }), [
    'counter refuses: Cost too high',
    'other offers to do it at no price',
  ]);
});

test('a negotiation is shown with its offers, its awards and what came out', () => {
  const shown = formatNegotiation({ ...tendered, offers: [offer], awards: [award], result: [{ text: 'four' }] });
  for (const text of ['n1', 'counter', 'at 100', 'awarded', 'four']) assert.ok(shown.includes(text), text);
});
