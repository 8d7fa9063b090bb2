import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import { createManualClock, type ManualClock } from '../../testing/index.ts';
import type { GroupMember, LogRecord, RecordPlace } from '../port.ts';
import { type Subscription, subscribe } from './subscribe.ts';
import type { SubscribeOptions } from './subscribe-options.ts';

interface Bench {
  readonly clock: ManualClock;
  readonly subscription: Subscription;
  readonly committed: number[];
  member(): GroupMember;
  /** Hands over records of these keys, with offsets from 0 on; resolves when there is room for more. */
  offer(...keys: readonly string[]): Promise<void>;
}

const place = { topic: 't', partition: 0 };

/** A subscription to a log that is not there: the test hands out the partition and its records. */
async function open(options: Partial<SubscribeOptions>): Promise<Bench> {
  const clock = createManualClock();
  const committed: number[] = [];
  const members: GroupMember[] = [];
  const log: SubscribeOptions['log'] = {
    async join(joining) {
      members.push(joining);
      joining.onAssigned(place);
      const leave = (): Promise<void> => joining.onRevoked(place, false);
      return { leave, commit: async ({ offset }: RecordPlace) => void committed.push(offset) };
    },
  };
  const base = { log, clock, group: 'g', topics: ['t'], onExhausted: async () => {}, handle: async () => {} };
  const subscription = await subscribe({ ...base, ...options });
  const member = (): GroupMember => members[0] as GroupMember;
  const offer = (...keys: readonly string[]): Promise<void> => {
    const records = keys.map((key, offset): LogRecord => {
      return { ...place, offset, key, value: null, headers: {}, timestampMs: 0 };
    });
    return member().onRecords({ ...place, records });
  };
  return { clock, subscription, committed, member, offer };
}

test('a record is tried again after 200, 400 and 800 ms, then handed over with its last error', async () => {
  const atMs: number[] = [];
  const exhausted: unknown[] = [];
  const bench = await open({
    retry: { attempts: 4, baseMs: 200, multiplier: 2, maxMs: 30_000 },
    onExhausted: async ({ error, attempts }) => void exhausted.push([error.code, attempts]),
    handle: async () => {
      atMs.push(bench.clock.now());
      throw new ParleyError('UNAVAILABLE', 'not yet');
    },
  });
  await bench.offer('a');
  await bench.clock.advance(10_000);
  const [first = 0] = atMs;
  assert.deepEqual(
    atMs.map((ms) => ms - first),
    [0, 200, 600, 1_400],
  );
  assert.deepEqual(exhausted, [['UNAVAILABLE', 4]]);
  assert.deepEqual(bench.committed, [1]);
});

test('an error that another try cannot mend is handed over at once', async () => {
  const attempts: number[] = [];
  const bench = await open({
    onExhausted: async (exhausted) => void attempts.push(exhausted.attempts),
    handle: () => Promise.reject(new ParleyError('VALIDATION_FAILED', 'It does not fit.')),
  });
  await bench.offer('a');
  await bench.clock.advance(1);
  assert.deepEqual(attempts, [1]);
});

test('a record that nobody takes over is not passed over: it is tried again', async () => {
  let tries = 0;
  const bench = await open({
    retry: { attempts: 1, baseMs: 100, multiplier: 2, maxMs: 1_000 },
    onExhausted: () => (tries < 4 ? Promise.reject(new Error('full')) : Promise.resolve()),
    handle: async () => {
      tries++;
      throw new ParleyError('UNAVAILABLE', 'not yet');
    },
  });
  await bench.offer('a');
  await bench.clock.advance(150);
  assert.deepEqual([tries, bench.committed], [2, []]);
  await bench.clock.advance(5_000);
  assert.deepEqual([tries, bench.committed], [4, [1]]);
});

test('so many handlers run at once, and no more', async () => {
  let running = 0;
  let most = 0;
  const gates: (() => void)[] = [];
  const bench = await open({
    concurrency: 2,
    handle: async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => gates.push(resolve));
      running--;
    },
  });
  await bench.offer('a', 'b', 'c', 'd');
  while (gates.length > 0) {
    gates.shift()?.();
    await bench.clock.advance(0);
  }
  assert.deepEqual([most, bench.committed.at(-1)], [2, 4]);
});

test('who offers waits at the bound of the window until a record is finished', async () => {
  const gates: (() => void)[] = [];
  const bench = await open({
    window: { records: 2, bytes: 1_000 },
    handle: () => new Promise((resolve) => gates.push(resolve)),
  });
  let hasRoom = false;
  void bench.offer('a', 'b').then(() => {
    hasRoom = true;
  });
  await bench.clock.advance(0);
  assert.equal(hasRoom, false);
  gates.shift()?.();
  await bench.clock.advance(0);
  assert.equal(hasRoom, true);
});

test('of a partition that is taken away nothing more is begun, tried again or committed', async () => {
  let tries = 0;
  const bench = await open({
    handle: async () => {
      tries++;
      throw new ParleyError('UNAVAILABLE', 'not yet');
    },
  });
  await bench.offer('a');
  await bench.clock.advance(1);
  await bench.member().onRevoked(place, true);
  await bench.clock.advance(60_000);
  assert.deepEqual([tries, bench.committed, bench.subscription.status().partitions], [1, [], []]);
});

test('a record that is redriven is handled when its key is free, and its last failure comes back with its tries', async () => {
  const seen: unknown[] = [];
  const gates: (() => void)[] = [];
  const bench = await open({
    retry: { attempts: 2, baseMs: 100, multiplier: 2, maxMs: 1_000 },
    onExhausted: () => Promise.reject(new Error('not for what is redriven')),
    handle: async (record, { isRedriven }) => {
      seen.push([record.offset, isRedriven]);
      if (isRedriven) throw new ParleyError('UNAVAILABLE', 'not yet');
      await new Promise<void>((resolve) => gates.push(resolve));
    },
  });
  await bench.offer('a');
  const record: LogRecord = { ...place, offset: 9, key: 'a', value: null, headers: {}, timestampMs: 0 };
  const redriven = bench.subscription.redrive(record);
  await bench.clock.advance(10);
  assert.deepEqual(seen, [[0, false]]);
  gates.shift()?.();
  await bench.clock.advance(0);
  await bench.clock.advance(1_000);
  const outcome = await redriven;
  assert.deepEqual([outcome.outcome, 'attempts' in outcome && outcome.attempts], ['failed', 2]);
  assert.deepEqual(seen.slice(1), [
    [9, true],
    [9, true],
  ]);
  assert.deepEqual(await bench.subscription.redrive({ ...record, partition: 5 }), { outcome: 'elsewhere' });
});

test('who waits for a redriven record is told when its partition goes to another member', async () => {
  const bench = await open({ handle: () => Promise.reject(new ParleyError('UNAVAILABLE', 'not yet')) });
  const redriven = bench.subscription.redrive({
    ...{ ...place, offset: 9, key: 'a', value: null, headers: {}, timestampMs: 0 },
  });
  await bench.clock.advance(1);
  await bench.member().onRevoked(place, false);
  assert.deepEqual(await redriven, { outcome: 'elsewhere' });
});
