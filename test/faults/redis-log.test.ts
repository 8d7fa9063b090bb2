import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { createShortId, hasCode } from '../../src/base/index.ts';
import { type Log, type NewRecord, subscribe } from '../../src/log/index.ts';
import { openRedisLog } from '../../src/log/redis/index.ts';
import { startRedis } from '../support/redis-server.ts';
import { requires } from '../support/requires.ts';
import { waitUntil } from '../support/wait-until.ts';

const needed = requires('redis');
const topic = 'jobs';
const sessionMs = 2_000;

function numbered(count: number, from = 0): readonly NewRecord[] {
  return Array.from({ length: count }, (_, n) => ({ key: `key-${n % 13}`, value: Buffer.from(String(from + n)) }));
}

/** A member that notes what it handles. */
async function note(log: Log, group: string): Promise<{ readonly seen: Set<string>; partitions(): number }> {
  const seen = new Set<string>();
  const subscription = await subscribe({
    ...{ log, group, topics: [topic] },
    handle: async ({ value }) => void seen.add(Buffer.from(value ?? []).toString()),
    onExhausted: () => Promise.reject(new Error('exhausted')),
  });
  return { seen, partitions: () => subscription.status().partitions.length };
}

/** A member in a process of its own, which handles nothing to its end; killed as soon as it has been handed a record. */
async function joinAndDie(url: string, prefix: string, group: string): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, 'member', url, prefix, group], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

async function runMember([url = '', prefix = '', group = '']: readonly string[]): Promise<void> {
  const log = await openRedisLog({ url, prefix, sessionMs });
  await log.join({
    ...{ group, topics: [topic] },
    onAssigned() {},
    onRecords() {
      process.stdout.write('handed out\n');
      return new Promise(() => {});
    },
    onRevoked: () => Promise.resolve(),
  });
}

function registerTests(): void {
  test(
    'the partitions of a member that was killed go to another one, with what it had not finished',
    needed,
    async (context) => {
      const { url } = await startRedis(context);
      const prefix = createShortId();
      const log = await openRedisLog({ url, prefix, sessionMs });
      context.after(() => log.close());
      await log.createTopic({ name: topic, partitions: 3 });
      await log.publish(topic, numbered(60));
      await joinAndDie(url, prefix, 'g');
      const { seen, partitions } = await note(log, 'g');
      await waitUntil('all are handled', () => seen.size === 60);
      assert.equal(partitions(), 3);
    },
  );

  test(
    'a Redis that is killed and started again under load loses no acknowledged record, and groups go on',
    needed,
    async (context) => {
      const redis = await startRedis(context, { settings: { appendonly: 'yes', appendfsync: 'always' } });
      const log = await openRedisLog({ url: redis.url, sessionMs });
      context.after(() => log.close());
      await log.createTopic({ name: topic, partitions: 2 });
      const { seen } = await note(log, 'g');
      const acknowledged = new Set<string>();
      let isStopped = false;
      const publishing = publishAlways(log, acknowledged, () => isStopped);
      await waitUntil('some are acknowledged', () => acknowledged.size > 50);
      await redis.kill();
      const before = acknowledged.size;
      await redis.restart();
      await waitUntil('it goes on', () => acknowledged.size > before + 50);
      isStopped = true;
      await publishing;
      await waitUntil('all that was acknowledged is handled', () => [...acknowledged].every((text) => seen.has(text)));
    },
  );
}

/** What fails is published again, as whoever uses the log does it. */
async function publishAlways(log: Log, acknowledged: Set<string>, isStopped: () => boolean): Promise<void> {
  for (let n = 0; !isStopped(); ) {
    try {
      await log.publish(topic, numbered(1, n));
      acknowledged.add(String(n));
      n++;
    } catch (thrown) {
      assert.ok(hasCode(thrown, 'UNAVAILABLE'), String(thrown));
    }
  }
}

const [, , role, ...args] = process.argv;
if (role === 'member') await runMember(args);
else registerTests();
