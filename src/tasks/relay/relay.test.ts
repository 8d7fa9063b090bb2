import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { ParleyError } from '../../base/index.ts';
import type { Log } from '../../log/index.ts';
import { waitUntil } from '../push/push.fixture.ts';
import { appendEvent, fastRelay, firstSequences, openBoth, relayed } from './relay.fixture.ts';

const never = AbortSignal.timeout(2 ** 31 - 1);

async function openFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-relay-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function waitFor(log: Log, wanted: ReadonlyMap<string, number>): Promise<void> {
  await waitUntil('everything is published', async () => {
    const found = await relayed(log);
    return [...wanted].every(([taskId, count]) => firstSequences(found.get(taskId) ?? []).length >= count);
  });
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

test('events of tasks are published once, in order, with what says whose they are', async (context) => {
  const { store, log } = await openBoth(await openFolder(context));
  const relay = fastRelay(store, async () => log);
  await relay.start();
  for (let version = 0; version < 30; version++) {
    await Promise.all(['t-1', 't-2', 't-3'].map((taskId) => appendEvent(store, taskId, version)));
  }
  await store.commit({ key: 'd-1', append: { kind: 'deployment', expectedVersion: 0, events: ['{"secret":1}'] } });
  await waitFor(log, new Map(['t-1', 't-2', 't-3'].map((taskId) => [taskId, 30])));
  await relay.stop(never);
  const found = await relayed(log);
  assert.deepEqual([...found.keys()].sort(), ['t-1', 't-2', 't-3']);
  for (const [taskId, records] of found) {
    assert.deepEqual(
      records.map(({ headers }) => [headers['entity'], headers['sequence'], headers['correlation-id']]),
      upTo(30).map((sequence) => [`task/${taskId}`, String(sequence), `c-${taskId}`]),
    );
  }
  await store.close();
  await log.close();
});

test('what a task follows from is said with its first event, and with no other', async (context) => {
  const { store, log } = await openBoth(await openFolder(context));
  const events = [{ type: 'submitted', causationId: 't-0' }, { type: 'status' }].map((event) => JSON.stringify(event));
  await store.commit({ key: 't-1', append: { kind: 'task', expectedVersion: 0, events } });
  const relay = fastRelay(store, async () => log);
  await relay.start();
  await waitFor(log, new Map([['t-1', 2]]));
  await relay.stop(never);
  const causes = (await relayed(log)).get('t-1')?.map(({ headers }) => headers['causation-id']);
  assert.deepEqual(causes, ['t-0', undefined]);
  await store.close();
  await log.close();
});

test('while the log is away nothing is lost, and the next relay goes on where the last one was', async (context) => {
  const { store, log } = await openBoth(await openFolder(context));
  let isAway = true;
  let asked = 0;
  const open = async (): Promise<Log> => {
    asked++;
    if (isAway) throw new ParleyError('UNAVAILABLE', 'The log is away.');
    return log;
  };
  const first = fastRelay(store, open);
  await first.start();
  for (let version = 0; version < 5; version++) await appendEvent(store, 't-1', version);
  await waitUntil('it has tried twice', () => asked >= 2);
  assert.equal((await relayed(log)).size, 0);
  isAway = false;
  await waitFor(log, new Map([['t-1', 5]]));
  await first.stop(never);
  await appendEvent(store, 't-1', 5);
  const second = fastRelay(store, open);
  await second.start();
  await waitFor(log, new Map([['t-1', 6]]));
  await second.stop(never);
  const sequences = (await relayed(log)).get('t-1')?.map(({ headers }) => Number(headers['sequence']));
  assert.deepEqual(sequences, upTo(6));
  await store.close();
  await log.close();
});

test('an event that is too large for the log goes out without its content, and those behind it whole', async (context) => {
  const { store, log } = await openBoth(await openFolder(context));
  await appendEvent(store, 't-1', 0, 'x'.repeat(200_000));
  await appendEvent(store, 't-1', 1);
  const relay = fastRelay(store, async () => log);
  await relay.start();
  await waitFor(log, new Map([['t-1', 2]]));
  await relay.stop(never);
  const records = (await relayed(log)).get('t-1') ?? [];
  assert.ok(Number(records[0]?.headers['omitted-bytes']) > 200_000);
  assert.equal(records[0]?.value?.byteLength, 0);
  assert.equal(JSON.parse(String(records[1]?.value && Buffer.from(records[1].value))).n, 2);
  await store.close();
  await log.close();
});

test('kill -9 while events are relayed loses none and mixes up no task', async (context) => {
  const folder = await openFolder(context);
  const acknowledged = new Map<string, number>();
  for (const afterLines of [50, 400, 1_500]) await runAndKill(folder, afterLines, acknowledged);
  const { store, log } = await openBoth(folder);
  const relay = fastRelay(store, async () => log);
  await relay.start();
  await waitFor(log, acknowledged);
  await relay.stop(never);
  for (const [taskId, records] of await relayed(log)) {
    const sequences = firstSequences(records);
    assert.deepEqual(sequences, upTo(sequences.length), taskId);
  }
  await store.close();
  await log.close();
});

async function runAndKill(folder: string, afterLines: number, acknowledged: Map<string, number>): Promise<void> {
  const script = join(import.meta.dirname, 'relay.fixture.ts');
  const child = spawn(process.execPath, [script, 'relay', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    const [taskId = '', sequence] = line.split(' ');
    acknowledged.set(taskId, Number(sequence));
    if (++lines === afterLines) child.kill('SIGKILL');
  }
  if (child.signalCode === null) await once(child, 'exit');
}
