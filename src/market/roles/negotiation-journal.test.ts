import assert from 'node:assert/strict';
import { test } from 'node:test';
import { award, inLog, placed, request, response, taskId } from '../market.fixture.ts';
import type { MarketMessage } from '../wire/records.ts';
import {
  grow,
  loadNegotiation,
  type NegotiationEvent,
  type NegotiationState,
  readEarned,
  toCommit,
  unpublished,
} from './negotiation-journal.ts';

const empty = await loadNegotiation({ read: async () => [] }, taskId);
const plan: NegotiationEvent = { type: 'plan', plan: { budget: 7, policy: null, digest: 'd', party: 'operator' } };

const recorded = (messages: readonly MarketMessage[]): readonly NegotiationEvent[] =>
  inLog(messages).map((record) => ({ type: 'record', record }));
const change = { events: [], wakeAtMs: null, keepMs: 1_000, nowMs: 50_000 };

function expiryOf(state: NegotiationState): number | undefined {
  return toCommit(empty, state, change).documents?.[0]?.expiresAtMs;
}

test('a negotiation that is read from its journal is as it was when it was written, over several pages too', async () => {
  const progress = Array.from({ length: 2_500 }, (_, n) => response('e', 'RUNNING', { award: 1, progress: n / 2_500 }));
  const story = [
    request(),
    response('p', 'NEGOTIATING'),
    award(1, 'p'),
    response('p', 'ACCEPTED', { award: 1 }),
    ...progress,
  ];
  const events = [plan, ...recorded(story)];
  const texts = events.map((event) => JSON.stringify(event));
  const read = async (_kind: string, _key: string, after = 0, limit = 1_000) =>
    texts.slice(after, after + limit).map((event, n) => ({ sequence: after + n + 1, atMs: after + n, event }));
  const { createdAtMs, updatedAtMs, ...state } = await loadNegotiation({ read }, taskId);
  const { createdAtMs: _, updatedAtMs: __, ...written } = grow(empty, events);
  assert.deepEqual(state, written);
  assert.deepEqual([createdAtMs, updatedAtMs, state.version], [0, texts.length - 1, texts.length]);
});

test('what is committed is to be published until it was seen in the log', () => {
  const [own] = inLog([request()]);
  assert.ok(own);
  const committed = grow(empty, [{ type: 'record', record: { ...own, place: null } }]);
  assert.deepEqual(
    unpublished(committed).map(({ recordId }) => recordId),
    ['id-0'],
  );
  const { place } = placed(4);
  assert.ok(place);
  const seen = grow(committed, [{ type: 'placed', recordId: 'id-0', place }]);
  assert.deepEqual(unpublished(seen), []);
  assert.deepEqual(seen.thread.records[0]?.place, place);
});

test('a commit takes the journal from the version that was read, and is empty where nothing was decided', () => {
  const state = grow(empty, recorded([request()]));
  const { append, timers } = toCommit(empty, state, { ...change, events: recorded([request()]), wakeAtMs: 9 });
  assert.deepEqual([append?.expectedVersion, append?.events.length], [0, 1]);
  assert.deepEqual(timers, [{ name: 'market', dueAtMs: 9 }]);
  assert.equal(toCommit(state, state, change).append, undefined);
});

test('what is asked for here is kept beyond its deadline; a stranger’s deadline keeps nothing', () => {
  const asked = recorded([request({ deadline: Number.MAX_SAFE_INTEGER })]);
  assert.equal(expiryOf(grow(empty, asked)), 51_000);
  assert.equal(expiryOf(grow(empty, [plan, ...recorded([request({ deadline: 90_000 })])])), 91_000);
});

test('the document of what has ended says what its providers have earned', () => {
  const done = [award(1, 'p'), response('p', 'ACCEPTED', { award: 1 }), response('e', 'COMPLETED', { award: 1 })];
  const [document] = toCommit(empty, grow(empty, recorded([request(), ...done])), change).documents ?? [];
  assert.deepEqual(readEarned(document?.value ?? '', 'p'), { completed: 1, failed: 0, lost: 0, late: 0 });
  assert.deepEqual(readEarned(document?.value ?? '', 'q'), { completed: 0, failed: 0, lost: 0, late: 0 });
});
