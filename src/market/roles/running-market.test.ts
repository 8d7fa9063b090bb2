import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announce, ended, openMarket } from './market.fixture.ts';

const pool = { executor: {} };

test('three providers compete, the cheapest is awarded, one of the pool does the work, and the result comes back', async () => {
  const bench = await openMarket();
  announce(bench.registry, 'cheap', { provider: { price: 40 } });
  announce(bench.registry, 'dear', { provider: { price: 80 } });
  announce(bench.registry, 'broken', { provider: { capabilities: ['paint'] } });
  announce(bench.registry, 'hand', pool);
  const { taskId } = await bench.market.request({ description: 'Count the words' });
  const last = await ended(bench, taskId);
  assert.equal(last.phase, 'completed', JSON.stringify(last));
  assert.deepEqual(last.result, [{ text: 'by hand' }]);
  assert.deepEqual(
    last.awards.map(({ providerId, executorId, state }) => [providerId, executorId, state]),
    [['cheap', 'hand', 'completed']],
  );
});
