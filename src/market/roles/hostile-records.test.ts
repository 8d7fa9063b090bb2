import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred } from '../../base/index.ts';
import type { LogRecord, NewRecord } from '../../log/index.ts';
import { createSigningKeyPair, parsePrivateKey } from '../../security/index.ts';
import { asRecord, award, createTestRegistry, request, response, round } from '../market.fixture.ts';
import { threadLimits } from '../thread/thread.ts';
import { createMarketCodec } from '../wire/market-codec.ts';
import type { MarketMessage, MarketTopic } from '../wire/records.ts';
import { createRecordWriter } from '../wire/write-record.ts';
import { announce, ended, type MarketBench, openMarket, until } from './market.fixture.ts';
import { negotiationJournal } from './negotiation-journal.ts';

const codec = createMarketCodec({ registry: createTestRegistry(), wire: 'raw' });
const stranger = parsePrivateKey(createSigningKeyPair().privateKey);

interface Scene extends MarketBench {
  readonly taskId: string;
  /** Codes of the records that nobody acts on. */
  readonly refused: readonly string[];
  /** Lets who works finish. */
  readonly finish: () => void;
}

/** A negotiation in which somebody works, until it is told to finish. */
async function openScene(): Promise<Scene> {
  const refused: string[] = [];
  const bench = await openMarket({ onRefused: ({ code }) => refused.push(code) });
  const gate = deferred<void>();
  announce(bench.registry, 'honest', { provider: { price: 40 }, executor: { own: true } }, async function* work() {
    await gate.promise;
    yield { kind: 'end', state: 'completed', parts: [{ text: 'by honest' }] };
  });
  const { taskId } = await bench.market.request({ taskId: 't-1', description: 'Count the words' });
  await until('it runs, and all that was said is in the log', async () => {
    const { phase, records } = await bench.market.show(taskId);
    return phase === 'running' && records.every(({ offset }) => offset !== undefined);
  });
  return { ...bench, taskId, refused, finish: () => gate.resolve() };
}

async function publish({ log }: Scene, topic: MarketTopic, record: NewRecord): Promise<void> {
  await log.publish(topic, [record]);
}

/** What a stranger says, with or without headers like ours. */
async function say(scene: Scene, message: MarketMessage, recordId?: string, isSigned = false): Promise<void> {
  const write = createRecordWriter({ codec, wire: 'raw', keyOf: () => (isSigned ? stranger : undefined) });
  const record = await write(asRecord(message, { recordId: recordId ?? 'none' }));
  await publish(scene, message.topic, recordId === undefined ? { ...record, headers: {} } : record);
}

async function readAll({ log }: Scene, topic: MarketTopic): Promise<readonly LogRecord[]> {
  const pages = await Promise.all([0, 1, 2].map((partition) => log.read({ topic, partition, limit: 100 })));
  return pages.flatMap(({ records }) => records);
}

/** Whatever came before, the work comes to its end as if nothing had. */
async function finishesUnharmed(scene: Scene): Promise<void> {
  scene.finish();
  const { phase, awards, result } = await ended(scene, scene.taskId);
  const given = awards.map(({ number, providerId, price }) => [number, providerId, price]);
  assert.deepEqual(
    { phase, result, given },
    { phase: 'completed', result: [{ text: 'by honest' }], given: [[1, 'honest', 40]] },
  );
}

test('bytes that are no messages hold up nobody, and are put aside', async () => {
  const scene = await openScene();
  const { taskId: key } = scene;
  const words = await codec.encode(response('x', 'RUNNING'));
  const values = [Buffer.alloc(0), Buffer.from('hello'), words.subarray(0, 9), Buffer.concat([words, words])];
  const framed = [Buffer.from('00ffffffff02', 'hex'), Buffer.alloc(100_000), Buffer.alloc(50_000, 0xff)];
  for (const topic of ['task-responses', 'negotiations', 'task-awards'] as const) {
    for (const value of [...values, ...framed]) await publish(scene, topic, { key, value });
    await publish(scene, topic, { key, value: null });
  }
  await until('all are put aside', () => scene.refused.length === 24);
  assert.deepEqual([...new Set(scene.refused)].sort(), ['NOT_FOUND', 'RECORD_INVALID']);
  await finishesUnharmed(scene);
});

test('what Avro lets through and nobody can mean is put aside', async () => {
  const scene = await openScene();
  // Written without our own check: as anybody can.
  const { value } = response('x', 'NEGOTIATING', { counterOffer: 1 });
  assert.ok('status' in value);
  const honest = await codec.encode({ topic: 'task-responses', value });
  const negative = Buffer.from(honest);
  negative.writeDoubleLE(-1, honest.indexOf(doubleOf(1)));
  const infinite = Buffer.from(honest);
  infinite.writeDoubleLE(Number.POSITIVE_INFINITY, honest.indexOf(doubleOf(1)));
  for (const bytes of [negative, infinite]) {
    await publish(scene, 'task-responses', { key: scene.taskId, value: bytes });
  }
  await publish(scene, 'task-responses', { key: 'another-key', value: honest });
  await until('all are put aside', () => scene.refused.length === 3);
  assert.deepEqual(new Set(scene.refused), new Set(['RECORD_INVALID']));
  await finishesUnharmed(scene);
});

function doubleOf(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}

test('a stranger awards, withdraws and completes nothing in its own name', async () => {
  const scene = await openScene();
  await say(scene, award(2, 'thief', { requesterId: 'thief', price: 1 }));
  await say(scene, award(3, '', { requesterId: 'thief', withdrawn: true, code: 'CANCELED' }));
  await say(scene, request({ requesterId: 'thief', awardedBy: 'thief', description: 'Something else' }));
  await say(scene, response('thief', 'COMPLETED', { award: 1, result: '[{"text":"by thief"}]' }));
  await say(scene, response('thief', 'FAILED', { award: 1 }));
  await say(scene, response('thief', 'ACCEPTED', { award: 2 }));
  await until('all are seen', async () => (await scene.market.show(scene.taskId)).records.length >= 10);
  assert.deepEqual(scene.refused, []);
  await finishesUnharmed(scene);
});

test('nobody speaks in the name of an agent of the fabric: unsigned, signed with another key, or under an id of its own', async () => {
  const scene = await openScene();
  const { requesterId } = await scene.market.show(scene.taskId);
  const forged = award(2, 'thief', { requesterId, price: 1 });
  await say(scene, forged);
  await say(scene, forged, `t-1/${requesterId}/9`);
  await say(scene, forged, `t-1/${requesterId}/9`, true);
  await say(scene, forged, 't-1/thief/1', true);
  await say(scene, response('honest', 'FAILED', { award: 1 }), 't-1/honest/9', true);
  await say(scene, round(requesterId, 'honest', { offer: 1 }));
  await until('all are put aside', () => scene.refused.length === 6);
  assert.deepEqual([...scene.refused].sort(), [
    'PERMISSION_DENIED',
    'PERMISSION_DENIED',
    'RECORD_INVALID',
    'UNAUTHENTICATED',
    'UNAUTHENTICATED',
    'UNAUTHENTICATED',
  ]);
  await finishesUnharmed(scene);
});

test('a real award that is replayed, moved to another task, or changed, awards nothing', async () => {
  const scene = await openScene();
  const [real] = await readAll(scene, 'task-awards');
  assert.ok(real?.value);
  const { value, headers } = real;
  await publish(scene, 'task-awards', { key: 't-1', value, headers });
  await publish(scene, 'task-awards', { key: 't-2', value, headers });
  const changed = Buffer.from(value);
  changed.set(doubleOf(41), changed.indexOf(doubleOf(40)));
  await publish(scene, 'task-awards', { key: 't-1', value: changed, headers });
  await until('two are put aside', () => scene.refused.length === 2);
  assert.deepEqual([...scene.refused].sort(), ['PERMISSION_DENIED', 'RECORD_INVALID']);
  await finishesUnharmed(scene);
});

test('who floods a negotiation makes neither its thread nor its journal grow beyond the bounds', async () => {
  const scene = await openScene();
  const flood = await Promise.all(
    Array.from({ length: 400 }, async (_, n) => ({
      key: scene.taskId,
      value: await codec.encode(response('flood', 'NEGOTIATING', { counterOffer: n })),
    })),
  );
  await scene.log.publish('task-responses', flood);
  await say(scene, response('last', 'NEGOTIATING', { counterOffer: 1 }));
  await until('the last is seen', async () => {
    const { offers } = await scene.market.show(scene.taskId);
    return offers.some(({ providerId }) => providerId === 'last');
  });
  const { records } = await scene.market.show(scene.taskId);
  assert.equal(records.filter(({ actorId }) => actorId === 'flood').length, threadLimits.perSender);
  const journal = await scene.store.read(negotiationJournal, scene.taskId);
  assert.ok(journal.length < threadLimits.perSender + 20, `${journal.length} events`);
  await finishesUnharmed(scene);
});
