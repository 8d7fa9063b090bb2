import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDraft } from '../decide/draft.ts';
import type { MarketMessage, MarketRecord } from '../wire/records.ts';
import { addRecord, createThread, type Thread } from './thread.ts';
import { currentAward, viewNegotiation } from './view-negotiation.ts';

const request = {
  ...{ taskId: 't', requesterId: 'r', description: 'd', proposedCost: null, priority: 1, timestamp: 1 },
  ...{ requiredCapabilities: [], deadline: null, offersUntil: null, maxRounds: null, budget: null, awardedBy: 'r' },
  input: null,
};

function add(thread: Thread, message: MarketMessage, recordId: string, offset: number): Thread {
  const place = { partition: 0, offset, atMs: offset };
  const facts = { recordId, causationId: null, correlationId: null, traceparent: null, place };
  return addRecord(thread, { ...message, ...facts, isVerified: true, isOriginal: false } as MarketRecord);
}

/** Who says what about award 1, in the order of the log. */
function awardAfter(words: readonly (readonly [string, 'RUNNING' | 'COMPLETED' | 'FAILED'])[]): string {
  let thread = add(createThread('t'), { topic: 'task-requests', value: request }, 't/r/1', 0);
  const say = (actorId: string, said: (draft: ReturnType<typeof createDraft>) => void, offset: number): void => {
    const draft = createDraft({ thread, actorId, nowMs: offset });
    said(draft);
    for (const action of draft.done().actions)
      if (action.kind === 'send') thread = add(thread, action.message, action.recordId, offset);
  };
  say('p', (draft) => draft.respond({ status: 'NEGOTIATING', counterOffer: 5 }, null), 1);
  say('r', (draft) => draft.award({ award: 1, providerId: 'p' }, null), 2);
  say('p', (draft) => draft.respond({ status: 'ACCEPTED', award: 1 }, null), 3);
  for (const [at, [actorId, status]] of words.entries())
    say(actorId, (draft) => draft.respond({ status, award: 1 }, null), 4 + at);
  const award = currentAward(viewNegotiation(thread));
  return `${award?.workerId} ${award?.state}`;
}

test('of two executors that take an award the one that is first in the log has it, however long both go on', () => {
  assert.equal(
    awardAfter([
      ['one', 'RUNNING'],
      ['two', 'RUNNING'],
      ['one', 'RUNNING'],
      ['one', 'RUNNING'],
    ]),
    'one running',
  );
  assert.equal(
    awardAfter([
      ['two', 'RUNNING'],
      ['one', 'RUNNING'],
      ['one', 'COMPLETED'],
    ]),
    'two running',
  );
  assert.equal(
    awardAfter([
      ['one', 'RUNNING'],
      ['two', 'FAILED'],
      ['one', 'COMPLETED'],
    ]),
    'one completed',
  );
});
