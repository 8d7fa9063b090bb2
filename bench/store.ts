import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createId } from '../src/base/index.ts';
import type { Store } from '../src/store/index.ts';
import { openSqliteStore } from '../src/store/sqlite/index.ts';

/** What the store does by itself: small appends and whole tasks by so many committers, then replay. */
const event = JSON.stringify({
  type: 'status',
  state: 'working',
  message: { role: 'agent', parts: [{ text: 'x'.repeat(120) }] },
});
const schema = { collections: { tasks: { indexes: ['open', 'owned', 'state', 'context'], maxExpiring: 1_000_000 } } };

interface Round {
  readonly store: Store;
  readonly committers: number;
  readonly seconds: number;
}

type Work = (store: Store, observe: (promise: Promise<void>) => Promise<void>) => Promise<void>;

function percentile(sorted: readonly number[], share: number): string {
  return `${((sorted[Math.floor(sorted.length * share)] ?? 0) * 1_000).toFixed(0)} µs`;
}

async function measure(title: string, { store, committers, seconds }: Round, work: Work): Promise<void> {
  const latencies: number[] = [];
  const observe = async (promise: Promise<void>): Promise<void> => {
    const begin = performance.now();
    await promise;
    latencies.push(performance.now() - begin);
  };
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const until = begin + seconds * 1_000;
  const run = async (): Promise<void> => {
    while (performance.now() < until) await work(store, observe);
  };
  await Promise.all(Array.from({ length: committers }, run));
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (latencies.length / (performance.now() - begin)) * 1_000;
  latencies.sort((a, b) => a - b);
  const cost = `${((user + system) / latencies.length).toFixed(1)} µs CPU per commit`;
  const [p50, p99, max] = [percentile(latencies, 0.5), percentile(latencies, 0.99), percentile(latencies, 0.99999)];
  console.log(
    `${title} × ${committers}: ${perSecond.toFixed(0)} commits/s, p50 ${p50}, p99 ${p99}, max ${max}, ${cost}`,
  );
}

const appendSmall = (): Work => {
  let key = createId();
  let version = 0;
  return async (store, observe) => {
    if (version % 10 === 0) {
      key = createId();
      version = 0;
    }
    await observe(store.commit({ key, append: { kind: 'task', expectedVersion: version++, events: [event] } }));
  };
};

/** Two commits, with the indexes that tasks have. */
const runTask: Work = async (store, observe) => {
  const key = createId();
  const sort = Date.now().toString().padStart(15, '0');
  const common = (state: string): Record<string, { equals: string; sort: string }> => ({
    owned: { equals: `agent\nme\n${state}`, sort },
    state: { equals: `agent\n${state}`, sort },
    context: { equals: `agent\n${key}`, sort },
  });
  const submitted = {
    collection: 'tasks',
    value: '{"state":"submitted"}',
    indexes: { open: { equals: '', sort }, ...common('submitted') },
  };
  await observe(
    store.commit({ key, append: { kind: 'task', expectedVersion: 0, events: [event, event] }, documents: [submitted] }),
  );
  const done = {
    collection: 'tasks',
    value: '{"state":"completed"}',
    indexes: common('completed'),
    expiresAtMs: Date.now() + 1e9,
    ownsJournal: 'task',
  };
  await observe(
    store.commit({ key, append: { kind: 'task', expectedVersion: 2, events: [event, event] }, documents: [done] }),
  );
};

async function replay(store: Store): Promise<void> {
  const keys: string[] = [];
  for (let done = 0; done < 100_000; done += 500) {
    await Promise.all(
      Array.from({ length: 500 }, () => {
        const key = createId();
        keys.push(key);
        return store.commit({ key, append: { kind: 'task', expectedVersion: 0, events: [event, event, event] } });
      }),
    );
  }
  const begin = performance.now();
  let events = 0;
  for (const key of keys)
    for (const { event: text } of await store.read('task', key)) events += JSON.parse(text) ? 1 : 0;
  console.log(`replay: ${((events / (performance.now() - begin)) * 1_000).toFixed(0)} events/s`);
}

const folder = await mkdtemp(join(tmpdir(), 'parley-bench-'));
const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema });
const seconds = Number(process.argv[2] ?? 3);
for (const committers of [1, 10, 100]) {
  const works = Array.from({ length: committers }, appendSmall);
  let next = 0;
  await measure('append', { store, committers, seconds }, (...args) => (works[next++ % committers] as Work)(...args));
}
for (const committers of [1, 10, 100]) await measure('task', { store, committers, seconds }, runTask);
await replay(store);
await store.close();
await rm(folder, { recursive: true });
