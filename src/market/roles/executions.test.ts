import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Negotiation } from '../port.ts';
import { announce, ended, openMarket } from './market.fixture.ts';

const pool = { executor: {} };

test('of a pool somebody works who is not in the chain of calls yet; where there is nobody else the work is refused', async () => {
  const bench = await openMarket();
  announce(bench.registry, 'bidder', { provider: { price: 40 } });
  announce(bench.registry, 'hand-1', pool);
  const ask = async (): Promise<Negotiation> => {
    const chain = {
      origin: 'key:ci',
      path: ['hand-1'],
      invocationId: 'i',
      deadlineAtMs: undefined,
      correlationId: 'c',
    };
    const { taskId } = await bench.market.request({ description: 'Count the words', chain });
    return ended(bench, taskId);
  };
  const refused = await ask();
  assert.deepEqual([refused.phase, refused.code], ['failed', 'CHAIN_REFUSED']);
  announce(bench.registry, 'hand-2', pool);
  for (let n = 0; n < 3; n++) assert.equal((await ask()).awards[0]?.executorId, 'hand-2');
});
