import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ParleyError } from '../../base/index.ts';
import { createRecordCodec } from '../../log/schema/index.ts';
import { award, createTestRegistry, request, response, round } from '../market.fixture.ts';
import { createMarketCodec, type MarketCodec, type WireForm } from './market-codec.ts';
import { readMarketSchemas } from './market-schemas.ts';
import { type MarketMessage, type MarketTopic, marketTopics, taskStatuses } from './records.ts';

/** As the original's Python writes it: no head, its own fields only. */
const golden = Buffer.from(
  '06742d31126167656e742d303031325465737420646174612070726f63657373696e67207461736b020000000000c052400480a0abfef962',
  'hex',
);
const schemas = readMarketSchemas();

function createCodec(wire: WireForm, registry = createTestRegistry()): MarketCodec {
  return createMarketCodec({ registry, wire });
}

test('the original’s bytes are read, and what it does not say has the defaults', async () => {
  const { value } = await createCodec('confluent').decode('task-requests', golden);
  assert.deepEqual(value, {
    ...{ taskId: 't-1', requesterId: 'agent-001', description: 'Test data processing task', proposedCost: 75 },
    ...{ priority: 2, timestamp: 1_700_000_000_000, requiredCapabilities: [], deadline: null, offersUntil: null },
    ...{ maxRounds: null, budget: null, awardedBy: null, input: null },
  });
});

test('our raw bytes begin with exactly those that the original would have written', async () => {
  const codec = createCodec('raw');
  const bytes = await codec.encode(await codec.decode('task-requests', golden));
  assert.equal(bytes.subarray(0, golden.length).toString('hex'), golden.toString('hex'));
  const responses = schemas['task-responses'].original ?? '';
  const value = {
    task_id: 't-1',
    responder_id: 'p',
    status: 'RUNNING',
    counter_offer: 1.5,
    message: 'm',
    timestamp: 7,
  };
  const theirs = (await createRecordCodec(createTestRegistry()).encoderFor('x', responses)).encode(value).subarray(5);
  const said = response('p', 'RUNNING', { counterOffer: 1.5, message: 'm', timestamp: 7, etaMs: 3, award: 2 });
  assert.equal((await codec.encode(said)).subarray(0, theirs.length).toString('hex'), theirs.toString('hex'));
});

test('every level lets our schemas follow the original’s, and the subject’s own level stays', async () => {
  for (const level of ['FORWARD', 'BACKWARD', 'FULL', 'FULL_TRANSITIVE'] as const) {
    const registry = createTestRegistry();
    for (const { subject, original, own } of Object.values(schemas)) {
      if (original === undefined) continue;
      await registry.register(subject, original);
      await registry.setCompatibility(level, subject);
      assert.deepEqual(await registry.check(subject, own), { compatible: true, messages: [] }, `${subject} ${level}`);
    }
  }
});

test('with the first message each subject has the original’s schema, then ours, at its level', async () => {
  const registry = createTestRegistry();
  await createCodec('confluent', registry).encode(request());
  const levels = await Promise.all(marketTopics.map((topic) => registry.getCompatibility(`${topic}-value`)));
  assert.deepEqual(levels, ['FORWARD', 'BACKWARD', 'FULL', 'BACKWARD']);
  const versions = await Promise.all(marketTopics.map((topic) => registry.listVersions(`${topic}-value`)));
  assert.deepEqual(versions, [[1, 2], [1, 2], [1], [1]]);
});

test('a level that an operator has set is left alone', async () => {
  const registry = createTestRegistry();
  const { subject, original } = schemas['task-requests'];
  await registry.register(subject, original ?? '');
  await registry.setCompatibility('NONE', subject);
  await createCodec('confluent', registry).encode(request());
  assert.equal(await registry.getCompatibility(subject), 'NONE');
});

test('a schema that the registry refuses fails the message, and the next one asks again', async () => {
  const registry = createTestRegistry();
  const { subject } = schemas['task-awards'];
  const other = { type: 'record', name: 'TaskAward', fields: [{ name: 'award', type: 'string' }] };
  await registry.register(subject, JSON.stringify(other));
  const codec = createCodec('confluent', registry);
  await assert.rejects(codec.encode(award(1, 'p')), { code: 'SCHEMA_INCOMPATIBLE' });
  await registry.setCompatibility('NONE', subject);
  assert.equal((await codec.encode(award(1, 'p')))[0], 0);
});

test('a subject that does not let our schema in holds up no other topic', async () => {
  const registry = createTestRegistry();
  const { subject, original = '' } = schemas['task-requests'];
  await registry.register(subject, original);
  await registry.setCompatibility('FORWARD', subject);
  // Others write whole prices only, which the subject's level allows.
  await registry.register(subject, original.replace('"double"', '"int"'));
  const codec = createCodec('confluent', registry);
  await assert.rejects(codec.encode(request()), { code: 'SCHEMA_INCOMPATIBLE' });
  for (const message of [response('p', 'RUNNING'), round('r', 'p'), award(1, 'p')]) {
    assert.equal((await codec.encode(message))[0], 0, message.topic);
  }
  await registry.setCompatibility('NONE', subject);
  assert.equal((await codec.encode(request()))[0], 0);
});

test('a field that a later version has added is left out', async () => {
  const registry = createTestRegistry();
  const later = JSON.parse(schemas['task-awards'].own);
  later.fields.push({ name: 'colour', type: 'string', default: 'red' });
  const encoder = await createRecordCodec(registry).encoderFor('elsewhere', JSON.stringify(later));
  const written = encoder.encode({ task_id: 't-1', award: 3, requester_id: 'r', provider_id: 'p', timestamp: 1 });
  const { value } = await createCodec('confluent', registry).decode('task-awards', written);
  assert.deepEqual(Object.keys(value).includes('colour'), false);
  assert.equal((value as { award: number }).award, 3);
});

test('what another schema has written under the topic is refused', async () => {
  const registry = createTestRegistry();
  const codec = createCodec('confluent', registry);
  const bytes = await codec.encode(award(1, 'p'));
  await assert.rejects(codec.decode('task-requests', bytes), { code: 'SCHEMA_INCOMPATIBLE' });
  await assert.rejects(codec.decode('task-awards', Buffer.from('0000000063', 'hex')), { code: 'NOT_FOUND' });
});

test('bytes that are cut off or go on are refused, wherever that is', async () => {
  const codec = createCodec('raw');
  const bytes = await codec.encode(response('p', 'NEGOTIATING', { counterOffer: 4, message: 'hello', award: 1 }));
  const invalid = { code: 'RECORD_INVALID' };
  for (let length = 0; length < bytes.length; length++) {
    // So many bytes are the original's whole message.
    if (length === bytes.length - 8) continue;
    await assert.rejects(codec.decode('task-responses', bytes.subarray(0, length)), invalid, `${length} bytes`);
  }
  await assert.rejects(codec.decode('task-responses', Buffer.concat([bytes, Buffer.of(0)])), invalid);
});

test('whatever bytes come, they are a message or a refusal', async () => {
  const codec = createCodec('raw');
  const anything = fc.tuple(fc.constantFrom(...marketTopics), fc.uint8Array({ maxLength: 200 }));
  await fc.assert(
    fc.asyncProperty(anything, async ([topic, bytes]) => {
      const thrown = await codec.decode(topic, bytes).then(
        () => undefined,
        (error: unknown) => error,
      );
      assert.ok(thrown === undefined || thrown instanceof ParleyError, String(thrown));
    }),
    { numRuns: 2_000 },
  );
});

const id = fc.string({ minLength: 1, maxLength: 40 }).filter((text) => !/\p{Cc}/u.test(text));
const text = fc.option(fc.string({ unit: 'binary', maxLength: 50 }));
const price = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }));
const time = fc.option(fc.nat());

const messages = fc.oneof(
  fc
    .record({ description: fc.string(), proposedCost: price, deadline: time, awardedBy: fc.option(id), input: text })
    .map(request),
  fc
    .tuple(id, fc.constantFrom(...taskStatuses), fc.record({ counterOffer: price, message: text, etaMs: time }))
    .map(([who, status, said]) => response(who, status, said)),
  fc
    .tuple(id, id, fc.record({ offer: price, approved: fc.boolean() }))
    .map(([from, to, said]) => round(from, to, said)),
  fc
    .tuple(fc.integer({ min: 1, max: 99 }), id, fc.record({ price, reason: text }))
    .map(([n, who, said]) => award(n, who, said)),
);

for (const wire of ['confluent', 'raw'] as const) {
  test(`every message comes back as it was written (${wire})`, async () => {
    const codec = createCodec(wire);
    await fc.assert(
      fc.asyncProperty(messages, async (message: MarketMessage) => {
        const back = await codec.decode(message.topic, await codec.encode(message));
        assert.deepEqual(back, { topic: message.topic, value: { ...message.value } });
      }),
      { numRuns: 300 },
    );
  });
}

test('each form is read whatever form is written', async () => {
  const registry = createTestRegistry();
  const [framed, raw] = [createCodec('confluent', registry), createCodec('raw', registry)];
  const all: readonly (readonly [MarketTopic, MarketMessage])[] = [
    ['task-requests', request()],
    ['task-responses', response('p', 'ACCEPTED')],
    ['negotiations', round('req', 'p')],
    ['task-awards', award(1, 'p')],
  ];
  for (const [topic, message] of all) {
    assert.deepEqual(await raw.decode(topic, await framed.encode(message)), message);
    assert.deepEqual(await framed.decode(topic, await raw.encode(message)), message);
  }
});
