import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createId, createShortId, silentLogger, silentTelemetry, systemClock } from '../../src/base/index.ts';
import { type Log, scanTopic } from '../../src/log/index.ts';
import { openKafkaLog } from '../../src/log/kafka/index.ts';
import { openRedisLog } from '../../src/log/redis/index.ts';
import { openSqliteLog } from '../../src/log/sqlite/index.ts';
import { deadLetterCollections } from '../../src/resilience/index.ts';
import type { Store } from '../../src/store/index.ts';
import { openSqliteStore } from '../../src/store/sqlite/index.ts';
import {
  createRelay,
  createUnsealedLog,
  eraseParty,
  PartyKeys,
  relayCollection,
  taskCollection,
  taskCollectionSchema,
  taskEventsTopic,
} from '../../src/tasks/index.ts';
import { sharedKafka } from '../support/kafka-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { createTestFolder, removeFolder } from '../support/test-node.ts';
import { waitUntil } from '../support/wait-until.ts';

const secret = 'a secret of the fabric that is long enough';

function message(text: string): object {
  return { messageId: createId(), role: 'user', parts: [{ text }] };
}

/** What a task of that owner leaves, from its submission to its end. */
function lifeOf(owner: string, said: string): readonly object[] {
  const submitted = { type: 'submitted', at: 1, agentId: 'a', owner, contextId: 'c', skill: 's', correlationId: 'x' };
  const artifact = { artifactId: 'result', parts: [{ text: said }] };
  return [
    { ...submitted, origin: owner, path: [], message: message(said), metadata: { said } },
    { type: 'dispatched', at: 2, invocationId: 'i', endpointId: 'a-1', attempt: 1, idempotent: true },
    { type: 'artifact', at: 3, artifact, append: false, lastChunk: true },
    { type: 'status', at: 4, state: 'completed', message: message(said) },
  ];
}

async function openStore(context: TestContext): Promise<Store> {
  const folder = await createTestFolder();
  const store = await openSqliteStore({
    file: join(folder, 'store.sqlite'),
    schema: {
      collections: {
        [relayCollection]: { indexes: [] },
        [taskCollection]: taskCollectionSchema(100),
        ...deadLetterCollections(100),
      },
    },
  });
  context.after(async () => {
    await store.close();
    await removeFolder(folder);
  });
  return store;
}

async function append(store: Store, key: string, events: readonly object[]): Promise<void> {
  const texts = events.map((event) => JSON.stringify(event));
  await store.commit({ key, append: { kind: 'task', expectedVersion: 0, events: texts } });
}

/** The events of tasks in the log, by task. */
async function eventsIn(log: Pick<Log, 'read' | 'describeTopic'>): Promise<ReadonlyMap<string, readonly object[]>> {
  const found = new Map<string, object[]>();
  for await (const records of scanTopic(log, taskEventsTopic)) {
    for (const { key = '', value } of records) {
      const event = JSON.parse(Buffer.from(value ?? []).toString('utf8')) as object;
      found.set(key, [...(found.get(key) ?? []), event]);
    }
  }
  return found;
}

function keysOn(log: Log, key = secret): PartyKeys {
  return new PartyKeys({ log: async () => log, key, clock: systemClock });
}

/** Two parties, one of which is erased: what that leaves on a log of this kind. */
async function eraseOne(context: TestContext, log: Log): Promise<void> {
  const store = await openStore(context);
  const [ann, bob] = [`ann-${createShortId()}`, `bob-${createShortId()}`];
  const lives = new Map([
    [`${ann}-1`, lifeOf(ann, 'what ann says')],
    [`${bob}-1`, lifeOf(bob, 'what bob says')],
  ]);
  const keys = keysOn(log);
  const parts = { store, log: async () => log, clock: systemClock, logger: silentLogger, telemetry: silentTelemetry };
  const relay = createRelay({ ...parts, parties: keys, idleMs: 5 });
  await relay.start();
  context.after(() => relay.stop(AbortSignal.timeout(5_000)));
  for (const [taskId, events] of lives) await append(store, taskId, events);
  await waitUntil('both are in the log', async () => {
    const found = await eventsIn(log).catch(() => new Map<string, readonly object[]>());
    return [...lives.keys()].every((taskId) => found.get(taskId)?.length === 4);
  });
  const raw = JSON.stringify([...(await eventsIn(log))].filter(([taskId]) => lives.has(taskId)));
  assert.doesNotMatch(raw, /says/, 'nobody reads contents who has no keys');
  const open = await eventsIn(createUnsealedLog(log, keysOn(log)));
  for (const [taskId, events] of lives) assert.deepEqual(open.get(taskId), events, 'with the keys all of it is there');
  const forged = { key: 'somebody/else', value: Buffer.from('no key') };
  await log.publish('_party-keys', [forged, { key: 'another/one', value: Buffer.from('sealed:AAAA') }]);
  const strange = await eventsIn(createUnsealedLog(log, keysOn(log, 'the secret of another fabric, long enough, too')));
  assert.doesNotMatch(JSON.stringify([...strange].filter(([taskId]) => lives.has(taskId))), /says/);
  const dry = await eraseParty({ store, keys, party: ann, isDry: true });
  assert.deepEqual(dry, { keys: 1, tasks: 1, open: [] });
  assert.deepEqual(await eraseParty({ store, keys, party: ann, isDry: false }), dry);
  const left = await eventsIn(createUnsealedLog(log, keysOn(log)));
  assert.deepEqual(left.get(`${bob}-1`), lives.get(`${bob}-1`), "the other's history is as it was");
  assert.doesNotMatch(JSON.stringify(left.get(`${ann}-1`)), /says|ann-/);
  assert.deepEqual(
    left.get(`${ann}-1`)?.map((event) => (event as { type: string }).type),
    ['submitted', 'dispatched', 'artifact', 'status'],
    'that there was a task, and how it went, stays readable',
  );
  assert.deepEqual(await store.read('task', `${ann}-1`), []);
  assert.equal((await store.read('task', `${bob}-1`)).length, 4);
  await append(store, `${ann}-2`, lifeOf(ann, 'what ann says later'));
  await waitUntil('her next task is in the log', async () => (await eventsIn(log)).get(`${ann}-2`)?.length === 4);
  const later = await eventsIn(createUnsealedLog(log, keysOn(log)));
  assert.match(JSON.stringify(later.get(`${ann}-2`)), /says later/, 'sealed with a new key');
  assert.doesNotMatch(JSON.stringify(later.get(`${ann}-1`)), /says/);
}

test('in a file, one party is erased and the history of others stays readable', async (context) => {
  const folder = await createTestFolder();
  const log = await openSqliteLog({ file: join(folder, 'log.sqlite') });
  context.after(async () => {
    await log.close();
    await removeFolder(folder);
  });
  await eraseOne(context, log);
});

test('in Redis, one party is erased and the history of others stays readable', requires('redis'), async (context) => {
  const { url } = await startRedis(context, { settings: { appendfsync: 'no' } });
  const log = await openRedisLog({ url, prefix: createShortId() });
  context.after(() => log.close());
  await eraseOne(context, log);
});

test('in Kafka, one party is erased and the history of others stays readable', requires('kafka'), async (context) => {
  const log = await openKafkaLog({ url: await sharedKafka(context) });
  context.after(() => log.close());
  await eraseOne(context, log);
});
