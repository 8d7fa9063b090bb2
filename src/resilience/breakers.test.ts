import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type Labels, ParleyError, silentLogger, silentTelemetry, type Telemetry } from '../base/index.ts';
import type { Store } from '../store/index.ts';
import { openSqliteStore } from '../store/sqlite/index.ts';
import { createManualClock, type ManualClock } from '../testing/index.ts';
import { breakerCollection, breakerCollectionSchema } from './breaker-document.ts';
import { Breakers } from './breakers.ts';

const rule = { failures: 5, openMs: 300_000, probes: 1 };

async function openStore(t: TestContext): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-breakers-'));
  const collections = { [breakerCollection]: breakerCollectionSchema };
  const store = await openSqliteStore({ file: join(folder, 'store.sqlite'), schema: { collections } });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

async function startNode(store: Store, clock: ManualClock, telemetry: Telemetry = silentTelemetry): Promise<Breakers> {
  const parts = { store, clock, telemetry, logger: silentLogger };
  const breakers = new Breakers({ ...parts, ruleOf: () => rule, pollMs: 1_000 });
  await breakers.start();
  return breakers;
}

function lost(): ParleyError {
  return new ParleyError('WORKER_LOST', 'It was killed.');
}

function failOnce(breakers: Breakers, thrown: unknown = lost()): void {
  breakers.leave('sums', breakers.enter('sums'), { thrown });
}

function failOften(breakers: Breakers): void {
  for (let i = 0; i < 5; i++) failOnce(breakers);
}

/** Until the node has looked at the store again and agrees: a look takes real time, and the clock must not run away meanwhile. */
async function untilPhase(clock: ManualClock, breakers: Breakers, phase: string): Promise<void> {
  for (let looks = 0; looks < 100; looks++) {
    if (breakers.view('sums').phase === phase) return;
    await clock.advance(1_000);
    await delay(20);
  }
  assert.fail(`the breaker is ${breakers.view('sums').phase} and not ${phase}`);
}

test('an agent that fails five times in a row gets no calls, and callers are told when to come back', async (t) => {
  const clock = createManualClock(Date.now());
  const breakers = await startNode(await openStore(t), clock);
  failOften(breakers);
  assert.throws(
    () => breakers.enter('sums'),
    (thrown: unknown) =>
      thrown instanceof ParleyError && thrown.code === 'BREAKER_OPEN' && thrown.retryAfterMs === 300_000,
  );
  assert.equal(breakers.refusal('other'), undefined);
  await breakers.stop();
});

test('a worker that dies with ten calls in it is one failure', async (t) => {
  const breakers = await startNode(await openStore(t), createManualClock(Date.now()));
  const passages = Array.from({ length: 10 }, () => breakers.enter('sums'));
  const thrown = lost();
  for (const passage of passages) breakers.leave('sums', passage, { thrown });
  assert.deepEqual(breakers.view('sums'), { agentId: 'sums', phase: 'closed', failures: 1 });
  await breakers.stop();
});

test('what the agent answers, and what its callers want no more, is no failure', async (t) => {
  const breakers = await startNode(await openStore(t), createManualClock(Date.now()));
  for (const code of ['AGENT_ERROR', 'SKILL_NOT_FOUND', 'CANCELED', 'RATE_LIMITED', 'DEADLINE_EXCEEDED'] as const) {
    failOnce(breakers, new ParleyError(code, 'no'));
  }
  assert.deepEqual(breakers.list(), []);
  await breakers.stop();
});

test('what opens on one node is open on the others, and closes there, too, when a probe succeeds', async (t) => {
  const store = await openStore(t);
  const clock = createManualClock(Date.now());
  const [first, second] = [await startNode(store, clock), await startNode(store, clock)];
  failOften(first);
  await untilPhase(clock, second, 'open');
  assert.throws(() => second.enter('sums'), { code: 'BREAKER_OPEN' });
  await clock.advance(300_000);
  const probe = second.enter('sums');
  assert.throws(() => second.enter('sums'), { code: 'BREAKER_OPEN' });
  second.leave('sums', probe, 'answered');
  assert.equal(second.refusal('sums'), undefined);
  await untilPhase(clock, first, 'closed');
  await Promise.all([first.stop(), second.stop()]);
});

test('an opening survives a restart of the node', async (t) => {
  const store = await openStore(t);
  const clock = createManualClock(Date.now());
  const first = await startNode(store, clock);
  failOften(first);
  await first.stop();
  const second = await startNode(store, clock);
  assert.throws(() => second.enter('sums'), { code: 'BREAKER_OPEN' });
  await second.stop();
});

test('an operator opens and closes it, on every node', async (t) => {
  const store = await openStore(t);
  const clock = createManualClock(Date.now());
  const [first, second] = [await startNode(store, clock), await startNode(store, clock)];
  await first.open('sums', undefined, 'upgrade');
  await untilPhase(clock, second, 'open');
  await clock.advance(1_000_000);
  assert.match(second.refusal('sums')?.message ?? '', /upgrade/);
  await second.close('sums');
  assert.equal(second.refusal('sums'), undefined);
  await untilPhase(clock, first, 'closed');
  await Promise.all([first.stop(), second.stop()]);
});

test('what an operator opens counts on a node whose clock is ahead, too', async (t) => {
  const store = await openStore(t);
  const clock = createManualClock(Date.now());
  const ahead = { ...clock, now: () => clock.now() + 30_000 };
  const [first, second] = [await startNode(store, clock), await startNode(store, ahead)];
  failOften(second);
  await untilPhase(clock, first, 'open');
  await first.open('sums', undefined, 'upgrade');
  for (let looks = 0; looks < 100 && second.view('sums').by !== 'operator'; looks++) {
    await clock.advance(1_000);
    await delay(20);
  }
  await clock.advance(1_000_000);
  assert.match(second.refusal('sums')?.message ?? 'it takes calls', /upgrade/);
  await Promise.all([first.stop(), second.stop()]);
});

test('each change of a breaker is a figure', async (t) => {
  const seen: [string, number, Labels | undefined][] = [];
  const telemetry: Telemetry = {
    ...silentTelemetry,
    gauge: (name, value, labels) => void seen.push([name, value, labels]),
  };
  const clock = createManualClock(Date.now());
  const breakers = await startNode(await openStore(t), clock, telemetry);
  failOften(breakers);
  await clock.advance(300_000);
  breakers.leave('sums', breakers.enter('sums'), 'answered');
  assert.deepEqual(
    seen.map(([name, value]) => [name, value]),
    [2, 1, 0].map((value) => ['parley_breaker_state', value]),
  );
  await breakers.stop();
});
