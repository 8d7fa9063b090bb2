import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ParleyError, silentLogger } from '../../base/index.ts';
import { type GroupOptions, type Log, type Subscription, subscribe } from '../../log/index.ts';
import { openSqliteLog } from '../../log/sqlite/index.ts';
import { createManualClock } from '../../testing/index.ts';
import { until } from './market.fixture.ts';
import { MarketGroups } from './market-groups.ts';

interface Bench {
  readonly log: Log;
  readonly groups: MarketGroups;
  /** Topics of the records that came. */
  readonly seen: readonly string[];
  /** Who has joined and not left. */
  readonly members: ReadonlySet<Subscription>;
  readonly clock: ReturnType<typeof createManualClock>;
  close(): Promise<void>;
}

/** The groups of a node whose log is a file; `join` may refuse a member. */
async function openBench(context: TestContext, refuse: (options: GroupOptions) => void = () => {}): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-market-groups-'));
  const log = await openSqliteLog({ file: join(folder, 'log.sqlite') });
  const [seen, members, stopped, clock] = [
    [] as string[],
    new Set<Subscription>(),
    new AbortController(),
    createManualClock(),
  ];
  const enter = async (options: GroupOptions): Promise<Subscription> => {
    refuse(options);
    const onExhausted = (): Promise<void> => Promise.reject(new Error('exhausted'));
    const member = await subscribe({ ...options, log, onExhausted });
    members.add(member);
    const leave = member.close.bind(member);
    return Object.assign(member, { close: () => leave().then(() => void members.delete(member)) });
  };
  const groups = new MarketGroups({
    ...{ log: async () => log, subscribe: enter, signal: stopped.signal, clock, logger: silentLogger },
    store: {
      get: async () => ({ key: 'group', value: 'readers', version: 1 }),
      commit: () => Promise.reject(new Error('not asked')),
    },
    handle: async ({ topic }) => void seen.push(topic),
  });
  const close = async (): Promise<void> => {
    stopped.abort(new ParleyError('CANCELED', 'The node stops.'));
    await groups.close();
  };
  context.after(async () => {
    await close();
    await log.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { log, groups, seen, members, clock, close };
}

test('while awards are held back all else comes, and they come afterwards', async (context) => {
  const { groups, log, seen, members } = await openBench(context);
  groups.hold(true);
  groups.start();
  await until('records come in', () => groups.isOpen);
  const record = { key: 'k', value: Buffer.from('v') };
  for (const topic of ['task-awards', 'task-requests']) await log.publish(topic, [record]);
  await until('the request has come', () => seen.length > 0);
  assert.deepEqual(seen, ['task-requests']);
  assert.equal([...members].filter((member) => member.status().isPaused).length, 1);
  groups.hold(false);
  await until('the award has come', () => seen.includes('task-awards'));
});

test('a node that could join one of its groups only has left it when it tries again: it is one member of each', async (context) => {
  let refusals = 0;
  const bench = await openBench(context, ({ topics }) => {
    if (!topics.includes('task-awards') || refusals > 0) return;
    refusals++;
    throw new ParleyError('UNAVAILABLE', 'The log is away.');
  });
  bench.groups.start();
  await until('it waits to try again', () => bench.clock.pending > 0);
  assert.equal(refusals, 1);
  assert.deepEqual([bench.groups.isOpen, bench.members.size], [false, 0]);
  await bench.clock.advance(1_000);
  await until('records come in', () => bench.groups.isOpen);
  assert.equal(bench.members.size, 2);
  await bench.close();
  assert.deepEqual([bench.groups.isOpen, bench.members.size], [false, 0]);
});
