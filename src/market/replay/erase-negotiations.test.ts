import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deferred } from '../../base/index.ts';
import { type Log, scanTopic } from '../../log/index.ts';
import { announce, doneBy, ended, type MarketBench, openMarket, until } from '../roles/market.fixture.ts';
import { marketTopics } from '../wire/records.ts';
import { type ErasedNegotiations, eraseNegotiations } from './erase-negotiations.ts';

const worker = { provider: { price: 40 }, executor: { own: true } };

function erase({ store }: MarketBench, party: string, isDry = false): Promise<ErasedNegotiations> {
  return eraseNegotiations({ store, party, isKeyOf: () => false, isDry });
}

/** All values of the market's topics, as they lie in the log. */
async function bytesIn(log: Log): Promise<string> {
  const values: string[] = [];
  for (const topic of marketTopics) {
    for await (const page of scanTopic(log, topic)) {
      values.push(...page.map(({ value }) => Buffer.from(value ?? []).toString('latin1')));
    }
  }
  return values.join('\n');
}

test('what is sealed is bid for and done as ever, and in the log nobody reads what it was about', async () => {
  const bench = await openMarket({ settings: { sealed: true } });
  announce(bench.registry, 'hand', worker);
  const { taskId } = await bench.market.request({ description: 'Ann wants her words counted', party: 'ann' });
  const last = await ended(bench, taskId);
  assert.deepEqual([last.phase, last.result], ['completed', [{ text: 'by hand' }]]);
  const bytes = await bytesIn(bench.log);
  assert.doesNotMatch(bytes, /Ann|by hand/);
  assert.match(bytes, new RegExp(taskId));
});

test('ended negotiations of a party lose their contents and keep their course; open ones are named, and stay', async () => {
  const bench = await openMarket({ settings: { sealed: true } });
  const gate = deferred<void>();
  announce(bench.registry, 'hand', worker, async function* work(invocation) {
    if (JSON.stringify(invocation.parts).includes('slowly')) await gate.promise;
    yield* doneBy('hand')(invocation);
  });
  const ask = async (description: string, party: string): Promise<string> =>
    (await bench.market.request({ description, party })).taskId;
  const [quick, slow, other] = [await ask('Count', 'ann'), await ask('Count slowly', 'ann'), await ask('Weigh', 'bob')];
  await Promise.all([ended(bench, quick), ended(bench, other)]);
  const before = await bench.market.show(quick);
  assert.deepEqual(await erase(bench, 'ann', true), { ended: 1, open: [slow] });
  assert.equal((await bench.market.show(quick)).description, 'Count', 'a dry run takes nothing away');
  assert.deepEqual(await erase(bench, 'ann'), { ended: 1, open: [slow] });
  const after = await bench.market.show(quick);
  assert.deepEqual([after.description, after.result], ['erased', undefined]);
  assert.deepEqual(
    [after.phase, after.awards, after.createdAtMs, after.records.length],
    [before.phase, before.awards, before.createdAtMs, before.records.length],
  );
  assert.equal((await bench.market.show(other)).description, 'Weigh');
  gate.resolve();
  assert.equal((await ended(bench, slow)).phase, 'completed');
  assert.deepEqual(await erase(bench, 'ann'), { ended: 1, open: [] });
});

test('what another fabric has sealed nobody bids for', async () => {
  const asking = await openMarket({ settings: { sealed: true }, secret: 'a'.repeat(43) });
  const bidding = await openMarket({ log: asking.log, secret: 'b'.repeat(43) });
  announce(asking.registry, 'buyer', { requester: {} });
  announce(bidding.registry, 'foreign', worker);
  await until('both read the log', async () => {
    const agents = await Promise.all([asking, bidding].map(({ market }) => market.agents()));
    return agents.flat().every(({ isRunning }) => isRunning);
  });
  const request = { requesterId: 'buyer', description: 'Count', offersMs: 1_500 };
  const { taskId } = await asking.market.request(request);
  const { phase, offers } = await ended(asking, taskId);
  assert.deepEqual([phase, offers], ['failed', []]);
  assert.deepEqual((await bidding.market.list({ limit: 10 })).negotiations, []);
});
