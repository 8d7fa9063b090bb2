import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { ExecutionEvent } from '../../agents/index.ts';
import { deferred, hasCode, ParleyError } from '../../base/index.ts';
import type { Log } from '../../log/index.ts';
import { openSqliteLog } from '../../log/sqlite/index.ts';
import { announce, doneBy, ended, type MarketBench, openMarket, until, type Work } from './market.fixture.ts';

const pool = { executor: {} };
const own = { executor: { own: true } };

/** Work that waits until it is let go, and says how often it was begun and stopped. */
function createGate(): { readonly work: Work; readonly counts: { begun: number; stopped: number }; open(): void } {
  const gate = deferred<void>();
  const counts = { begun: 0, stopped: 0 };
  const work: Work = async function* wait({ signal }) {
    counts.begun++;
    yield { kind: 'status', parts: [{ text: 'half of it' }, { data: { progress: 0.5 } }] };
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    await Promise.race([gate.promise, stopped]);
    if (signal.aborted) counts.stopped++;
    signal.throwIfAborted();
    yield { kind: 'end', state: 'completed', parts: [{ text: 'done' }] };
  };
  return { work, counts, open: () => gate.resolve() };
}

async function phaseOf({ market }: MarketBench, taskId: string): Promise<string> {
  return (await market.show(taskId)).phase;
}

function openLogFile(context: TestContext): Promise<Log> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-market-log-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return openSqliteLog({ file: join(folder, 'log.sqlite') });
}

test('three providers compete, the cheapest is awarded, one of the pool does the work, and the result comes back', async () => {
  const bench = await openMarket();
  announce(bench.registry, 'cheap', { provider: { price: 40 } });
  announce(bench.registry, 'dear', { provider: { price: 80 } });
  announce(bench.registry, 'painter', { provider: { capabilities: ['paint'] } });
  announce(bench.registry, 'hand', pool);
  const { taskId } = await bench.market.request({ description: 'Count the words' });
  const last = await ended(bench, taskId);
  assert.equal(last.phase, 'completed');
  assert.deepEqual(last.result, [{ text: 'by hand' }]);
  assert.deepEqual(
    last.awards.map(({ providerId, executorId, state }) => [providerId, executorId, state]),
    [['cheap', 'hand', 'completed']],
  );
});

test('all records of a negotiation are in the log, signed, and each names the one that it answers', async () => {
  const bench = await openMarket({ settings: { requireSigned: true } });
  announce(bench.registry, 'one', { provider: { price: 40 }, ...pool });
  const { taskId } = await bench.market.request({ description: 'Count the words' });
  await ended(bench, taskId);
  await until('all are in the log', async () =>
    (await bench.market.show(taskId)).records.every(({ offset }) => offset !== undefined),
  );
  const { records } = await bench.market.show(taskId);
  assert.deepEqual(
    records.map(({ topic, value, isVerified }) => `${topic} ${value['status'] ?? ''} ${isVerified}`),
    [
      'task-requests  true',
      'task-responses NEGOTIATING true',
      'task-responses ACCEPTED true',
      'task-responses RUNNING true',
      'task-responses COMPLETED true',
      'task-awards  true',
    ],
  );
  const ids = new Set(records.map(({ recordId }) => recordId));
  for (const { causationId, topic } of records) {
    if (topic !== 'task-requests') assert.equal(ids.has(causationId ?? ''), true, `${topic} answers ${causationId}`);
  }
});

test('the work of an award names the record of the award, and a request the task in which it was made', async () => {
  const bench = await openMarket();
  let workId = '';
  announce(bench.registry, 'one', { provider: { price: 40 }, ...pool }, async function* work(invocation) {
    workId = invocation.task?.id ?? '';
    yield* doneBy('one')(invocation);
  });
  const { taskId } = await bench.market.request({ description: 'Count the words', causationId: 'task-1' });
  await ended(bench, taskId);
  const { records } = await bench.market.show(taskId);
  assert.equal(records.find(({ topic }) => topic === 'task-requests')?.causationId, 'task-1');
  const [submitted] = await bench.store.read('task', workId, 0, 1);
  const { causationId } = JSON.parse(submitted?.event ?? '{}') as { causationId?: string };
  assert.equal(causationId, records.find(({ topic }) => topic === 'task-awards')?.recordId);
});

test('the same request is the same negotiation, another one under its id is refused', async () => {
  const bench = await openMarket();
  const first = await bench.market.request({ taskId: 't', description: 'Count', budget: 5 });
  const again = await bench.market.request({ taskId: 't', description: 'Count', budget: 5 });
  assert.equal(again.createdAtMs, first.createdAtMs);
  await assert.rejects(bench.market.request({ taskId: 't', description: 'Weigh', budget: 5 }), (thrown) =>
    hasCode(thrown, 'CONFLICT'),
  );
});

test('a provider that fails before it has done anything loses the award to the next best', async () => {
  const bench = await openMarket();
  announce(bench.registry, 'weak', { provider: { price: 10 }, ...own }, async function* refuse() {
    yield* [] as ExecutionEvent[];
    throw new ParleyError('AGENT_DISABLED', 'Not today.');
  });
  announce(bench.registry, 'strong', { provider: { price: 20 }, ...own });
  const { taskId } = await bench.market.request({ description: 'Count' });
  const last = await ended(bench, taskId);
  assert.deepEqual(
    last.awards.map(({ number, providerId, state }) => [number, providerId, state]),
    [
      [1, 'weak', 'failed'],
      [2, 'strong', 'completed'],
    ],
  );
  assert.deepEqual(last.result, [{ text: 'by strong' }]);
});

test('a provider that dies with its award not begun is replaced by the next best', async () => {
  const bench = await openMarket({ settings: { goneMs: 300 } });
  const gate = createGate();
  announce(bench.registry, 'frail', { provider: { price: 10 }, executor: { own: true, concurrency: 1 } }, gate.work);
  const { taskId: busyWith } = await bench.market.request({ description: 'Keep it busy' });
  await until('it is busy', () => gate.counts.begun === 1);
  announce(bench.registry, 'strong', { provider: { price: 20 }, ...own });
  const { taskId } = await bench.market.request({ description: 'Count' });
  await until('frail has it', async () => (await bench.market.show(taskId)).awards[0]?.state === 'confirmed');
  bench.registry.withdraw('frail-1');
  const last = await ended(bench, taskId);
  assert.deepEqual(
    last.awards.map(({ providerId, state }) => [providerId, state]),
    [
      ['frail', 'replaced'],
      ['strong', 'completed'],
    ],
  );
  gate.open();
  assert.equal((await ended(bench, busyWith)).phase, 'completed');
});

test('work that was begun and whose outcome nobody knows is given to nobody else', async () => {
  const bench = await openMarket();
  announce(bench.registry, 'frail', { provider: { price: 10 }, ...own }, async function* die() {
    yield* [] as ExecutionEvent[];
    throw new ParleyError('WORKER_LOST', 'The worker has ended.');
  });
  announce(bench.registry, 'strong', { provider: { price: 20 }, ...own });
  const { taskId } = await bench.market.request({ description: 'Count' });
  const { phase, code, awards } = await ended(bench, taskId);
  assert.deepEqual([phase, code, awards.length], ['failed', 'OUTCOME_UNKNOWN', 1]);
});

test('a withdrawn request stops what is being done, and says so', async () => {
  const bench = await openMarket();
  const gate = createGate();
  announce(bench.registry, 'one', { provider: { price: 10 }, ...own }, gate.work);
  const { taskId } = await bench.market.request({ description: 'Count' });
  await until('it says how it goes', async () => (await bench.market.show(taskId)).progress === 0.5);
  await bench.market.withdraw(taskId, 'no longer needed');
  const last = await ended(bench, taskId);
  assert.deepEqual([last.phase, last.message], ['withdrawn', 'no longer needed']);
  await until('the agent has stopped', () => gate.counts.stopped === 1);
  await assert.rejects(bench.market.withdraw(taskId), (thrown) => hasCode(thrown, 'CONFLICT'));
});

test('an executor works on so much at once as it says, the most urgent first', async () => {
  const bench = await openMarket();
  const gate = createGate();
  const order: string[] = [];
  announce(
    bench.registry,
    'one',
    { provider: { price: 10 }, executor: { concurrency: 1 } },
    async function* work(call) {
      const [part] = call.parts;
      order.push(part !== undefined && 'text' in part ? part.text : '');
      yield* gate.work(call);
    },
  );
  const ids: string[] = [];
  for (const [description, priority] of [
    ['first', 1],
    ['low', 1],
    ['high', 9],
    ['middle', 5],
  ] as const) {
    ids.push((await bench.market.request({ description, priority })).taskId);
    await until('it waits or is begun', async () => (await phaseOf(bench, ids.at(-1) ?? '')) !== 'tendered');
  }
  await until('the first is begun', () => order.length === 1);
  gate.open();
  for (const taskId of ids) assert.equal((await ended(bench, taskId)).phase, 'completed');
  assert.deepEqual(order, ['first', 'high', 'middle', 'low']);
});

test('while its executors take no more a fabric bids for nothing, and goes on by itself', async () => {
  const bench = await openMarket();
  const gate = createGate();
  announce(bench.registry, 'one', { provider: { price: 10 }, executor: { concurrency: 1, queue: 1 } }, gate.work);
  const running = await bench.market.request({ description: 'first' });
  await until('it works', () => gate.counts.begun === 1);
  const waiting = await bench.market.request({ description: 'second' });
  await until('it is full', async () => (await bench.market.statusOf('one')).executor?.isPaused === true);
  const held = await bench.market.request({ description: 'third', offersMs: 30_000 });
  assert.deepEqual((await bench.market.show(held.taskId)).offers, []);
  gate.open();
  for (const { taskId } of [running, waiting, held]) assert.equal((await ended(bench, taskId)).phase, 'completed');
});

test('a provider whose breaker is open does not bid', async () => {
  const bench = await openMarket();
  announce(bench.registry, 'tripped', { provider: { price: 1 }, ...own });
  announce(bench.registry, 'sound', { provider: { price: 90 }, ...own });
  await bench.breakers.open('tripped', undefined, 'test');
  const { taskId } = await bench.market.request({ description: 'Count' });
  const { offers, phase } = await ended(bench, taskId);
  assert.deepEqual([offers.map(({ providerId }) => providerId), phase], [['sound'], 'completed']);
});

test('by the policy `reputation` a provider that has failed comes after one that has not', async () => {
  const bench = await openMarket({ settings: { policy: 'reputation' } });
  announce(bench.registry, 'shaky', { provider: { price: 1 }, ...own }, async function* fail() {
    yield { kind: 'end', state: 'failed', parts: [{ text: 'I cannot.' }] };
  });
  announce(bench.registry, 'steady', { provider: { price: 90 }, ...own });
  const first = await bench.market.request({ description: 'Count' });
  assert.equal((await ended(bench, first.taskId)).awards[0]?.providerId, 'shaky');
  await until('steady has it', async () => {
    const { taskId } = await bench.market.request({ description: 'Count' });
    return (await ended(bench, taskId)).awards[0]?.providerId === 'steady';
  });
});

test('`round-robin` awards the providers in turn', async () => {
  const bench = await openMarket({ settings: { policy: 'round-robin' } });
  for (const agentId of ['a', 'b', 'c']) announce(bench.registry, agentId, { provider: { price: 5 }, ...own });
  const turns: (string | undefined)[] = [];
  for (let n = 0; n < 6; n++) {
    const { taskId } = await bench.market.request({ description: 'Count' });
    turns.push((await ended(bench, taskId)).awards[0]?.providerId);
  }
  assert.deepEqual(turns, ['a', 'b', 'c', 'a', 'b', 'c']);
});

test('when so many negotiations are open further requests are refused until some have ended', async () => {
  const bench = await openMarket({ settings: { maxOpen: 2 } });
  await bench.market.request({ description: 'one', offersMs: 60_000 });
  await bench.market.request({ description: 'two', offersMs: 60_000 });
  await assert.rejects(bench.market.request({ description: 'three' }), (thrown) => hasCode(thrown, 'QUEUE_FULL'));
});

test('fabrics that share nothing but the log negotiate, and of their executors one does the work', async (context) => {
  const log = await openLogFile(context);
  // Each has a schema registry of its own.
  const settings = { wire: 'raw' } as const;
  const asking = await openMarket({ log, settings });
  const bidding = await openMarket({ log, settings });
  const working = await openMarket({ log, settings });
  const done: string[] = [];
  const work = (agentId: string): Work =>
    async function* note(invocation) {
      done.push(agentId);
      yield* doneBy(agentId)(invocation);
    };
  announce(bidding.registry, 'bidder', { provider: { price: 10 } });
  announce(bidding.registry, 'hand-1', pool, work('hand-1'));
  announce(working.registry, 'hand-2', pool, work('hand-2'));
  await until('all read the log', async () => {
    const agents = await Promise.all([asking, bidding, working].map(({ market }) => market.agents()));
    return agents.flat().every(({ isRunning }) => isRunning);
  });
  const ids = await Promise.all(
    Array.from(
      { length: 10 },
      async (_, n) => (await asking.market.request({ description: `Count ${n}`, offersMs: 1_000 })).taskId,
    ),
  );
  for (const taskId of ids) {
    const { phase, awards, message } = await ended(asking, taskId);
    assert.equal(phase, 'completed', message);
    assert.equal(awards[0]?.providerId, 'bidder');
  }
  assert.equal(done.length, 10);
});

test('a provider of another fabric that has bid before is waited for, and may win against our own', async (context) => {
  const log = await openLogFile(context);
  const settings = { wire: 'raw' } as const;
  const asking = await openMarket({ log, settings });
  const bidding = await openMarket({ log, settings });
  announce(bidding.registry, 'foreign', { provider: { price: 10 }, ...own });
  await until('both read the log', async () => {
    const agents = await Promise.all([asking, bidding].map(({ market }) => market.agents()));
    return agents.flat().every(({ isRunning }) => isRunning);
  });
  const alone = await asking.market.request({ description: 'Count', offersMs: 1_000 });
  assert.equal((await ended(asking, alone.taskId)).awards[0]?.providerId, 'foreign');
  announce(asking.registry, 'ours', { provider: { price: 20 }, ...own });
  const { taskId } = await asking.market.request({ description: 'Count', offersMs: 10_000 });
  const { awards, offers } = await ended(asking, taskId);
  assert.deepEqual([awards[0]?.providerId, offers.length], ['foreign', 2]);
});

test('what was asked for while the log was away is published when it is there, and what a stopped node left goes on', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-market-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const away = await openMarket({ folder, isLogAway: true });
  const { taskId } = await away.market.request({ description: 'Count', offersMs: 60_000 });
  assert.equal((await away.market.show(taskId)).records[0]?.offset, undefined);
  await away.close();
  const back = await openMarket({ folder });
  announce(back.registry, 'one', { provider: { price: 10 }, ...own });
  assert.equal((await ended(back, taskId)).phase, 'completed');
});
