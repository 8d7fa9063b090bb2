import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createShortId, ParleyError } from '../../src/base/index.ts';
import type { GroupOptions, LogRecord } from '../../src/log/index.ts';
import { sharedKafka } from '../support/kafka-server.ts';
import { startRedis } from '../support/redis-server.ts';
import { type Capability, requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';
import { openWorld, quick, type World, type WorldPlace } from './record-letters-world.ts';

interface Adapter {
  readonly name: string;
  readonly needs: readonly Capability[];
  /** Starts the server that the tests share; undefined: a file. */
  start(): Promise<string | undefined>;
}

const adapters: readonly Adapter[] = [
  { name: 'a file', needs: [], start: async () => undefined },
  { name: 'Redis', needs: ['redis'], start: async () => (await startRedis({ after })).url },
  { name: 'Kafka', needs: ['kafka'], start: () => sharedKafka({ after }) },
];

interface Bench extends World {
  readonly topic: string;
  readonly group: string;
  /** Subscribes with the group, tried twice. */
  subscribe(handle: GroupOptions['handle']): Promise<void>;
}

function createPlace(t: TestContext, url: string | undefined): WorldPlace {
  const folder = mkdtempSync(join(tmpdir(), 'parley-letters-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, ...(url !== undefined && { url }) };
}

async function openBench(t: TestContext, url: string | undefined): Promise<Bench> {
  const topic = `jobs-${createShortId()}`;
  const group = `g-${createShortId()}`;
  const world = await openWorld(createPlace(t, url), topic);
  const closes: (() => Promise<void>)[] = [];
  t.after(async () => {
    for (const close of closes) await close();
    await world.close();
  });
  const subscribe = async (handle: GroupOptions['handle']): Promise<void> => {
    const options = { group, agentId: 'pricing', topics: [topic], retry: quick, handle };
    const subscription = await world.groups.subscribe(options);
    closes.push(() => subscription.close());
  };
  return { ...world, topic, group, subscribe };
}

const oldest = { limit: 100, order: 'oldest' } as const;
const textOf = ({ value }: Pick<LogRecord, 'value'>): string => Buffer.from(value ?? []).toString();

for (const adapter of adapters) {
  const { skip } = requires(...adapter.needs);
  // Started outside of tests: what is registered with `after` in here ends with the file.
  const url = skip === false ? await adapter.start() : undefined;

  test(`${adapter.name}: a record that fails for good leaves a dead letter that says what, why and how often, and its group goes on`, {
    skip,
  }, async (t) => {
    const { topic, group, ...bench } = await openBench(t, url);
    const headers = { 'correlation-id': 'c-1', traceparent: '00-1-2-01' };
    await bench.log.publish(topic, [
      { key: 'k', value: Buffer.from('bad'), headers },
      { key: 'k', value: Buffer.from('good') },
    ]);
    const handled: string[] = [];
    await bench.subscribe(async (record) => {
      if (textOf(record) === 'bad') throw new ParleyError('UNAVAILABLE', 'the price list is away');
      handled.push(textOf(record));
    });
    await waitUntil('the record behind it is handled', () => handled.length === 1);
    const { letters, total } = await bench.letters.list({ ...oldest, group, topic, agentId: 'pricing' });
    const [letter] = letters;
    assert.ok(total === 1 && letter?.kind === 'record');
    const { id, partition, offset, key, code, reason, attempts, correlationId, traceparent } = letter;
    assert.equal(id, `${topic}:${partition}:${offset}@${group}`);
    assert.deepEqual([key, code, attempts, correlationId, traceparent], ['k', 'UNAVAILABLE', 2, 'c-1', '00-1-2-01']);
    assert.match(reason, /the price list is away/);
    const detail = await bench.letters.get(id);
    assert.ok(detail.kind === 'record');
    assert.deepEqual([textOf(detail), detail.headers], ['bad', headers]);
    await bench.letters.discard(id);
    await assert.rejects(bench.letters.get(id), { code: 'NOT_FOUND' });
  });

  test(`${adapter.name}: records that are redriven go to their group's handler again, those of one key one after the other`, {
    skip,
  }, async (t) => {
    const { topic, ...bench } = await openBench(t, url);
    const values = Array.from({ length: 20 }, (_, n) => `${n % 2}:${n}`);
    await bench.log.publish(
      topic,
      values.map((text) => ({ key: `key-${text[0]}`, value: Buffer.from(text) })),
    );
    let isMended = false;
    const running = new Set<string>();
    const handled: string[] = [];
    await bench.subscribe(async (record, { isRedriven }) => {
      if (!isMended) throw new Error('not yet');
      assert.equal(isRedriven, true);
      assert.equal(running.has(record.key ?? ''), false, 'no two of one key at once');
      running.add(record.key ?? '');
      await new Promise((resolve) => setImmediate(resolve));
      running.delete(record.key ?? '');
      handled.push(textOf(record));
    });
    await waitUntil('all are put aside', async () => (await bench.letters.list(oldest)).total === values.length);
    isMended = true;
    const { letters } = await bench.letters.list(oldest);
    for (const { id } of letters.toReversed()) await bench.letters.redrive(id, 'operator');
    await waitUntil('no letter is left', async () => (await bench.letters.list(oldest)).total === 0);
    assert.deepEqual(handled.toSorted(), values.toSorted());
  });

  test(`${adapter.name}: a record that fails once more is a dead letter again, with all its tries`, {
    skip,
  }, async (t) => {
    const { topic, ...bench } = await openBench(t, url);
    await bench.log.publish(topic, [{ key: 'k', value: null }]);
    await bench.subscribe(() => Promise.reject(new Error('never')));
    await waitUntil('it is put aside', async () => (await bench.letters.list(oldest)).total === 1);
    const id = (await bench.letters.list(oldest)).letters[0]?.id ?? '';
    await bench.letters.redrive(id, 'operator');
    await waitUntil('it is put aside again', async () => (await bench.letters.get(id)).attempts === 4);
    const letter = await bench.letters.get(id);
    assert.ok(letter.kind === 'record');
    assert.deepEqual([letter.isRedriving, letter.redrivenAtMs.length, letter.value], [false, 1, null]);
  });

  test(`${adapter.name}: a redrive outlives the node that was at it`, { skip, timeout: 60_000 }, async (t) => {
    const place = createPlace(t, url);
    const [topic, group] = [`jobs-${createShortId()}`, `g-${createShortId()}`];
    await dieHandling(place, topic, group);
    const world = await openWorld(place, topic);
    const handled: [string, boolean][] = [];
    const subscription = await world.groups.subscribe({
      ...{ group, topics: [topic] },
      handle: async (record, { isRedriven }) => void handled.push([textOf(record), isRedriven]),
    });
    t.after(async () => {
      await subscription.close();
      await world.close();
    });
    await waitUntil('no letter is left', async () => (await world.letters.list(oldest)).total === 0, 30_000);
    assert.deepEqual(handled.at(-1), ['once more', true]);
  });
}

/** A process that is killed while it handles a redriven record. */
async function dieHandling({ folder, url }: WorldPlace, topic: string, group: string): Promise<void> {
  const program = fileURLToPath(new URL('./record-letters-node.ts', import.meta.url));
  const args = [program, folder, topic, group, ...(url === undefined ? [] : [url])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const isHandling = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
  assert.ok(isHandling, 'it does not end by itself');
  child.kill('SIGKILL');
  await ended;
}
