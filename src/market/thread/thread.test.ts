import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
import { type MarketRecord, marketTopics } from '../wire/records.ts';
import { addRecord, createThread, nextRecordId, threadLimits } from './thread.ts';
import { viewNegotiation } from './view-negotiation.ts';

/** A negotiation with everything in it: two providers, rounds, two awards, progress, an outcome, and what strangers say. */
const story = inLog([
  request({ proposedCost: 80 }),
  response('p1', 'NEGOTIATING', { counterOffer: 96, providerId: 'p1' }),
  response('p2', 'NEGOTIATING', { counterOffer: 120, executes: true }),
  request({ description: 'Something else', requesterId: 'thief', awardedBy: 'thief' }),
  round('req', 'p2', { offer: 96 }),
  round('p2', 'req', { offer: 90 }),
  award(1, 'p1', { price: 96 }),
  response('p1', 'ACCEPTED', { award: 1 }),
  response('e1', 'RUNNING', { award: 1, progress: 0 }),
  response('e1', 'RUNNING', { award: 1, progress: 0.1 }),
  response('e1', 'RUNNING', { award: 1, progress: 0.2 }),
  award(9, 'thief', { requesterId: 'thief' }),
  award(2, 'p2', { price: 90, executorId: 'p2' }),
  award(1, 'p1', { price: 1 }),
  response('p2', 'ACCEPTED', { award: 2, executes: true }),
  response('e1', 'COMPLETED', { award: 1, result: '["late"]' }),
  response('p2', 'RUNNING', { award: 2 }),
  response('p2', 'COMPLETED', { award: 2, result: '["done"]' }),
]);

/** An order in which each topic keeps its own, as a group is handed records: any topic may run ahead of the others. */
const interleavings = fc.array(fc.constantFrom(...marketTopics), { minLength: 40, maxLength: 80 }).map((turns) => {
  const waiting = new Map(marketTopics.map((topic) => [topic, story.filter((record) => record.topic === topic)]));
  const order = [...turns, ...marketTopics.flatMap((topic) => Array(story.length).fill(topic))];
  return order.flatMap((topic) => waiting.get(topic)?.splice(0, 1) ?? []);
});

const whole = foldThread(taskId, story);

test('however the topics interleave, the same records make the same thread and the same state', () => {
  fc.assert(
    fc.property(interleavings, (records) => {
      const thread = foldThread(taskId, records);
      assert.equal(JSON.stringify(thread), JSON.stringify(whole));
      assert.equal(JSON.stringify(viewNegotiation(thread)), JSON.stringify(viewNegotiation(whole)));
    }),
    { numRuns: 500 },
  );
});

test('records that come again, as after a crash, change nothing, wherever they come', () => {
  fc.assert(
    fc.property(interleavings, fc.array(fc.nat()), (records, again) => {
      const order = [...records];
      // Behind where it was seen first: a group goes back, it does not look ahead.
      for (const pick of again) {
        const record = records[pick % records.length];
        if (record !== undefined) order.splice(order.indexOf(record) + 1 + (pick % 7), 0, record);
      }
      assert.equal(JSON.stringify(foldThread(taskId, order)), JSON.stringify(whole));
    }),
    { numRuns: 500 },
  );
});

test('a record that changes nothing gives back the same thread', () => {
  for (const record of story) assert.equal(addRecord(whole, record), whole);
  const other = asRecord(request({ taskId: 'other' }), { ...placed(50), recordId: 'x' });
  assert.equal(addRecord(whole, other), whole);
});

test('what is committed here and what comes back from the log is one record, with the place it has there', () => {
  const own = asRecord(request(), { recordId: 't-1/req/1' });
  const thread = addRecord(createThread(taskId), own);
  const back = addRecord(thread, { ...own, ...placed(3) });
  assert.deepEqual(back.records, [{ ...own, ...placed(3) }]);
  assert.equal(addRecord(back, own), back);
});

test('what was published twice counts where it lies first', () => {
  const late = asRecord(request(), { ...placed(9), recordId: 't-1/req/1' });
  const early = { ...late, ...placed(4) };
  for (const order of [
    [late, early],
    [early, late],
  ])
    assert.deepEqual(foldThread(taskId, order).records, [early]);
});

test('under one id a verified record counts, whoever was first', () => {
  const real = asRecord(award(1, 'p'), { ...placed(9), recordId: 't-1/req/2' });
  const forged = asRecord(award(1, 'thief'), { ...placed(4), recordId: 't-1/req/2', isVerified: false });
  for (const order of [
    [real, forged],
    [forged, real],
  ])
    assert.deepEqual(foldThread(taskId, order).records, [real]);
});

test('what is not in the log yet comes behind what is, in the order of its commits', () => {
  const mine = ['t-1/b/1', 't-1/a/2'].map((recordId) => asRecord(response('a', 'ACCEPTED'), { recordId }));
  const theirs = asRecord(response('p', 'ACCEPTED'), { ...placed(5), recordId: 't-1/p/1' });
  const ids = foldThread(taskId, [...mine, theirs]).records.map(({ recordId }) => recordId);
  assert.deepEqual(ids, ['t-1/p/1', 't-1/b/1', 't-1/a/2']);
});

test('when the topic has grown, the partition that the task was in first goes first', () => {
  const at = (partition: number, offset: number, atMs: number): MarketRecord =>
    asRecord(response(`p${atMs}`, 'REJECTED'), { place: { partition, offset, atMs }, recordId: `t-1/p${atMs}/1` });
  const before = [at(2, 70, 10), at(2, 71, 11)];
  const after = [at(1, 3, 20), at(1, 4, 21)];
  const ids = foldThread(taskId, [...before, ...after]).records.map(({ recordId }) => recordId);
  assert.deepEqual(ids, ['t-1/p10/1', 't-1/p11/1', 't-1/p20/1', 't-1/p21/1']);
});

test('hours of progress are two records', () => {
  const words = Array.from({ length: 10_000 }, (_, step) =>
    response('e', 'RUNNING', { award: 1, progress: step / 10_000 }),
  );
  const { records } = threadOf([request(), ...words]);
  assert.deepEqual(
    records.map(({ value }) => ('progress' in value ? value.progress : 'request')),
    ['request', 0, 0.9999],
  );
});

test('a flood makes no thread grow beyond its bounds, and crowds out nobody who works', () => {
  const flood = Array.from({ length: threadLimits['task-responses'] + 500 }, (_, n) =>
    response(`flood-${n}`, 'NEGOTIATING'),
  );
  const chatter = Array.from({ length: 500 }, () => round('chatty', 'req'));
  const work = [award(1, 'p'), response('p', 'ACCEPTED', { award: 1 }), response('p', 'COMPLETED', { award: 1 })];
  const thread = threadOf([request(), ...flood, ...chatter, ...work]);
  assert.equal(thread.records.length, 1 + threadLimits['task-responses'] + threadLimits.perSender + 3);
  assert.equal(viewNegotiation(thread).phase, 'completed');
});

test('the next id of an actor is behind all that it has used, and nobody else’s numbers count', () => {
  const used = ['t-1/req/1', 't-1/req/12', 't-1/required/40', 't-1/req/x'];
  const thread = foldThread(
    taskId,
    used.map((recordId, n) => asRecord(round('req', 'p'), { ...placed(n), recordId })),
  );
  assert.equal(nextRecordId(thread, 'req'), 't-1/req/13');
  assert.equal(nextRecordId(thread, 'req', 2), 't-1/req/15');
  assert.equal(nextRecordId(thread, 'new'), 't-1/new/1');
});
