import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import type { LogRecord } from '../../log/index.ts';
import type { SchemaRegistry } from '../../log/schema/index.ts';
import { createSigningKeyPair, parsePrivateKey } from '../../security/index.ts';
import { createManualClock } from '../../testing/index.ts';
import { asRecord, createTestRegistry, request } from '../market.fixture.ts';
import { createMarketWire, type MarketWire } from './market-wire.ts';

const clock = createManualClock();
const secret = parsePrivateKey(createSigningKeyPair().privateKey);

function createWire(registry: SchemaRegistry): MarketWire {
  const schemas = (): Promise<SchemaRegistry> => Promise.resolve(registry);
  const trust = { requireSigned: false, secret, keysOf: () => [] };
  return createMarketWire({ schemas, wire: 'confluent', ...trust, contents: { find: async () => undefined }, clock });
}

/** A record of another node, and a registry that fails so for as long as it is told to. */
async function createScene(code: 'UNAVAILABLE' | 'NOT_FOUND') {
  const registry = createTestRegistry();
  const sent = await createWire(registry).encode(asRecord(request(), { recordId: 't-1/req/1' }));
  const record: LogRecord = {
    ...{ topic: 'task-requests', partition: 0, offset: 0, timestampMs: 5 },
    ...{ key: sent.key, value: sent.value, headers: sent.headers ?? {} },
  };
  const scene = { record, asked: 0, isAway: true, wire: createWire(registry) };
  const getById = (id: number): Promise<string> => {
    scene.asked += 1;
    return scene.isAway ? Promise.reject(new ParleyError(code, 'It does not answer.')) : registry.getById(id);
  };
  scene.wire = createWire({ ...registry, getById });
  return scene;
}

test('a record waits for a registry that is away, however long, and is read when it is back', async () => {
  const scene = await createScene('UNAVAILABLE');
  const read = scene.wire.read(scene.record, new AbortController().signal);
  for (let tries = 1; tries <= 20; tries++) {
    await clock.advance(1_000);
    assert.ok(scene.asked >= tries, `${scene.asked} after ${tries} s`);
  }
  scene.isAway = false;
  await clock.advance(1_000);
  assert.equal((await read).recordId, 't-1/req/1');
});

test('a node that stops waits no longer; a schema that there is not is no reason to wait', async () => {
  const scene = await createScene('UNAVAILABLE');
  const stopped = new AbortController();
  const read = assert.rejects(scene.wire.read(scene.record, stopped.signal));
  await clock.advance(1_000);
  stopped.abort();
  await read;
  const unknown = await createScene('NOT_FOUND');
  const { signal } = new AbortController();
  await assert.rejects(unknown.wire.read(unknown.record, signal), { code: 'NOT_FOUND' });
});

test('what a node has written it reads while the registry is away', async () => {
  const registry = createTestRegistry();
  let isAway = false;
  const getById = (id: number): Promise<string> =>
    isAway ? Promise.reject(new ParleyError('UNAVAILABLE', 'It does not answer.')) : registry.getById(id);
  const wire = createWire({ ...registry, getById });
  const sent = await wire.encode(asRecord(request(), { recordId: 't-1/req/1' }));
  isAway = true;
  const place = { topic: 'task-requests', partition: 0, offset: 0, timestampMs: 5 };
  const record = { ...place, key: sent.key, value: sent.value, headers: sent.headers ?? {} };
  assert.equal((await wire.read(record, new AbortController().signal)).recordId, 't-1/req/1');
});

test('our schemas are registered before a record is written; a registry that is away is asked with the first', async () => {
  const registry = createTestRegistry();
  let isAway = true;
  const listSubjects = (): Promise<readonly string[]> =>
    isAway ? Promise.reject(new ParleyError('UNAVAILABLE', 'It does not answer.')) : registry.listSubjects();
  const wire = createWire({ ...registry, listSubjects });
  await wire.prepare();
  assert.deepEqual(await registry.listSubjects(), []);
  isAway = false;
  await wire.prepare();
  assert.deepEqual(await registry.listVersions('task-requests-value'), [1, 2]);
});
